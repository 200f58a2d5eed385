--[[
  ready -> unregistering.

  KEYS[1] workflow  KEYS[2] ready  KEYS[3] changes  KEYS[4] unfinished  KEYS[5] revision  KEYS[6] operation

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] now (ISO 8601)  ARGV[4] channel of changes

  Output: {'held', the workflow} | {'missing'} | {'busy', phase, operation id}
]]
local phase = redis.call('HGET', KEYS[1], 'phase')
if not phase then return {'missing'} end
local owner = redis.call('HGET', KEYS[1], 'operationId')
if phase == 'unregistering' and owner == ARGV[2] then return {'held', redis.call('HGETALL', KEYS[1])} end
if phase == 'registering' then return {'busy', phase, owner} end
if phase ~= 'ready' then return {'missing'} end
local revision = redis.call('INCR', KEYS[5])
redis.call('HSET', KEYS[1], 'phase', 'unregistering', 'operationId', ARGV[2], 'revision', revision,
  'changedAt', ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], revision, ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[6], 'workflow', ARGV[1], 'outcome', 'held')
redis.call('PUBLISH', ARGV[4], revision)
return {'held', redis.call('HGETALL', KEYS[1])}
