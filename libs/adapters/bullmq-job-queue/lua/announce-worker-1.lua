#!lua flags=allow-oom
--[[
  A worker takes jobs.

  KEYS[1] workers  sorted set of worker id by the end of its lease (ms, by Redis' clock)

  ARGV[1] worker id  ARGV[2] lease (ms)
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return 1
