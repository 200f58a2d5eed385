--[[
  registering -> undoing.

  KEYS[1] workflow

  ARGV[1] operation id  ARGV[2] failure (JSON)  ARGV[3] now (ISO 8601)

  Output: the workflow, or 0 when the operation does not hold the registration
]]
if redis.call('HGET', KEYS[1], 'operationId') ~= ARGV[1] then return 0 end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase == 'undoing' then return redis.call('HGETALL', KEYS[1]) end
if phase ~= 'registering' then return 0 end
redis.call('HSET', KEYS[1], 'phase', 'undoing', 'failure', ARGV[2], 'changedAt', ARGV[3])
return redis.call('HGETALL', KEYS[1])
