#!lua flags=allow-oom
--[[
  registering -> undoing.

  KEYS[1] workflow  KEYS[2] operation

  ARGV[1] operation id  ARGV[2] token of its run  ARGV[3] failure (JSON)  ARGV[4] now (ISO 8601)

  Output: the workflow, or 0 when the run does not hold the operation, or the operation the registration
]]
if redis.call('HGET', KEYS[2], 'run') ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[1], 'operationId') ~= ARGV[1] then return 0 end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase == 'undoing' then return redis.call('HGETALL', KEYS[1]) end
if phase ~= 'registering' then return 0 end
redis.call('HSET', KEYS[1], 'phase', 'undoing', 'failure', ARGV[3], 'changedAt', ARGV[4])
return redis.call('HGETALL', KEYS[1])
