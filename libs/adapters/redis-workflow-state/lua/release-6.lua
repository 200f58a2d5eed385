#!lua flags=allow-oom
--[[
  undoing or unregistering -> gone.

  KEYS[1] workflow  KEYS[2] models  KEYS[3] unfinished  KEYS[4] operation  KEYS[5] orphans  KEYS[6] tombstones

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run
  ARGV[4] seconds that the operation is remembered  ARGV[5] number of models
  ARGV[6...] model names, then names of models that may still lie on a model server

  Output: 1, also when it was done before, or 0 when the run does not hold the operation, or the operation the workflow
]]
if redis.call('HGET', KEYS[4], 'run') ~= ARGV[3] then return 0 end
if redis.call('HGET', KEYS[4], 'outcome') == 'released' then return 1 end
if redis.call('HGET', KEYS[1], 'operationId') ~= ARGV[2] then return 0 end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase ~= 'undoing' and phase ~= 'unregistering' then return 0 end
local failure = redis.call('HGET', KEYS[1], 'failure')
redis.call('DEL', KEYS[1])
local models = tonumber(ARGV[5])
for i = 6, 5 + models do
  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
end
for i = 6 + models, #ARGV do redis.call('SADD', KEYS[5], ARGV[i]) end
redis.call('SREM', KEYS[3], ARGV[1])
local time = redis.call('TIME')
redis.call('ZADD', KEYS[6], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), ARGV[1])
redis.call('HSET', KEYS[4], 'workflow', ARGV[1], 'outcome', 'released')
if failure then redis.call('HSET', KEYS[4], 'failure', failure) end
redis.call('EXPIRE', KEYS[4], ARGV[4])
return 1
