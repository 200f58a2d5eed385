--[[
  Notes which operation a request begins under its client's key, unless it has begun one already.

  KEYS[1] claim  "digest operation-id"

  ARGV[1] digest of the request  ARGV[2] operation id  ARGV[3] operation in whose place it comes, or ''
  ARGV[4] ms that it is remembered

  Output: the operation of the request | '' where the key is that of another request
]]
local held = redis.call('GET', KEYS[1])
if held then
  local digest, id = string.match(held, '^(%S+) (%S+)$')
  if digest ~= ARGV[1] then return '' end
  if id ~= ARGV[3] then return id end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[4])
return ARGV[2]
