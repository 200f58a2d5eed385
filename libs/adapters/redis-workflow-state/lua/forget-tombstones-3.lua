#!lua flags=allow-oom
--[[
  Forgets removals of long ago, and with them the last change of names that are still gone.

  KEYS[1] tombstones  KEYS[2] changes  KEYS[3] ready

  ARGV[1] what the key of a workflow's hash begins with, the name being the rest
  ARGV[2] ms that a removal is remembered  ARGV[3] how many are forgotten at most
]]
local time = redis.call('TIME')
local oldest = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[2])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', oldest, 'LIMIT', 0, ARGV[3])) do
  if redis.call('EXISTS', ARGV[1] .. name) == 0 and not redis.call('ZSCORE', KEYS[3], name) then
    redis.call('ZREM', KEYS[2], name)
  end
  redis.call('ZREM', KEYS[1], name)
end
return 1
