#!lua flags=allow-oom
--[[
  Models that a run which has lost its operation may still make or remove.

  KEYS[1] doubtful  sorted set of model name to the time (ms) at which nothing of such a run can be on its way any more

  ARGV[1] ms until then  ARGV[2...] model names
]]
local time = redis.call('TIME')
local ends = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[i]) end
return 1
