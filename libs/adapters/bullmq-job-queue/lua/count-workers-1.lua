--[[
  How many workers take jobs.

  KEYS[1] workers  sorted set of worker id by the end of its lease (ms, by Redis' clock)

  Output: their number
]]
local time = redis.call('TIME')
return redis.call('ZCOUNT', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf')
