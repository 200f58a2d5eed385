--[[
  Tells a page of the workflows that are ready, by name.

  KEYS[1] ready  sorted set of workflow names

  ARGV[1] what the key of a workflow's hash begins with, the name being the rest
  ARGV[2] rank of the first  ARGV[3] rank of the last

  Output: {name, 'url=' and its url, ...}, with nothing for the url of a workflow that has gone meanwhile
]]
local page = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3])) do
  local kind = redis.call('TYPE', ARGV[1] .. name)['ok']
  local url = ''
  if kind == 'hash' then
    url = 'url=' .. (redis.call('HGET', ARGV[1] .. name, 'url') or '')
  elseif kind ~= 'none' then
    url = 'url='
  end
  page[#page + 1] = name
  page[#page + 1] = url
end
return page
