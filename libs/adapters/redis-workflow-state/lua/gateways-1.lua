#!lua flags=allow-oom
--[[
  Gateways that live. Those whose lease is over are taken out.

  KEYS[1] gateways  hash of gateway id to '<revision> <end of lease, ms>'

  ARGV[1] channel of requests  ARGV[2] what is asked of them; without, nothing is

  Output: {gateway id, revision that it serves, ms until its lease ends, ...}
]]
if ARGV[1] then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #entries, 2 do
  local revision, ends = string.match(entries[i + 1], '(%d+) (%d+)')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], entries[i])
  else
    alive[#alive + 1] = entries[i]
    alive[#alive + 1] = tonumber(revision)
    alive[#alive + 1] = tonumber(ends) - now
  end
end
return alive
