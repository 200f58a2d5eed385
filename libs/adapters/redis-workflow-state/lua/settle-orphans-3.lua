#!lua flags=allow-oom
--[[
  Ends the removal of orphans: their names can be reserved again. Those that are gone are orphans no more. One that another
  removal has taken over meanwhile may have been reserved since: what this one did to it is in doubt.

  KEYS[1] models    hash of model name to workflow, or to the mark of a removal
  KEYS[2] orphans
  KEYS[3] doubtful  sorted set of model name to the time (ms) until which it is an orphan again and again

  ARGV[1] mark of this removal  ARGV[2] ms that what is in doubt stays so
  ARGV[3] how many owned models are settled  ARGV[4] how many models are gone
  ARGV[5...] the owned ones, those that are gone, those that are left
]]
local owned = tonumber(ARGV[3])
local gone = tonumber(ARGV[4])
local time = redis.call('TIME')
local ends = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2])
for i = 5, #ARGV do
  if i < 5 + owned then
    redis.call('SREM', KEYS[2], ARGV[i])
  elseif redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
    if i < 5 + owned + gone then redis.call('SREM', KEYS[2], ARGV[i]) end
  else
    redis.call('ZADD', KEYS[3], ends, ARGV[i])
  end
end
return 1
