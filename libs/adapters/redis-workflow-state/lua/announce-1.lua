#!lua flags=allow-oom
--[[
  A gateway lives and serves every change up to a revision.

  KEYS[1] gateways  hash of gateway id to '<revision> <end of lease, ms>'

  ARGV[1] gateway id  ARGV[2] revision  ARGV[3] lease (ms)  ARGV[4] channel of announcements
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now + ARGV[3]))
redis.call('PUBLISH', ARGV[4], ARGV[1])
return 1
