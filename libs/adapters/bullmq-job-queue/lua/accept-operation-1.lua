--[[
  Whoever asked for a job has heard that Redis has it, in time.

  KEYS[1] job  hash of BullMQ

  ARGV[1] moment until which it may be accepted (ms, by Redis' clock)

  Output: 1 accepted | 0 too late, or there is no such job
]]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'accepted', '1')
return 1
