#!lua flags=no-writes
--[[
  KEYS[1] sessions  hash of session to its proof
  KEYS[2] ends      sorted set of session to the time (ms) of its end

  ARGV[1] session

  Output: its proof, or nothing where it has ended
]]
local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not ends then return false end
local time = redis.call('TIME')
if tonumber(ends) <= time[1] * 1000 + math.floor(time[2] / 1000) then return false end
return redis.call('HGET', KEYS[1], ARGV[1])
