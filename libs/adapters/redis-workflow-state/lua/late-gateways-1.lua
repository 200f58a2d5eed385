--[[
  Gateways that live and do not serve a revision yet. Those whose lease is over are taken out.

  KEYS[1] gateways  hash of gateway id to '<revision> <end of lease, ms>'

  ARGV[1] revision

  Output: {gateway id, ms until its lease ends, ...}
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = redis.call('HGETALL', KEYS[1])
local late = {}
for i = 1, #entries, 2 do
  local revision, ends = string.match(entries[i + 1], '(%d+) (%d+)')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], entries[i])
  elseif tonumber(revision) < tonumber(ARGV[1]) then
    late[#late + 1] = entries[i]
    late[#late + 1] = tonumber(ends) - now
  end
end
return late
