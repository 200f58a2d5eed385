--[[
  Holds a workflow for a change of the workers of its active version.

  KEYS[1] workflow  KEYS[2] unfinished versions  KEYS[3] operation

  ARGV[1] workflow name  ARGV[2] version that is meant  ARGV[3] operation id  ARGV[4] token of its run
  ARGV[5] what is to be changed (JSON)

  Output: {'held', the workflow} | {'lost'} | {'cancelled'} | {'missing'} | {'busy', phase, operation id} | {'changed'} where another version is
    the active one
]]
if redis.call('HGET', KEYS[3], 'run') ~= ARGV[4] then return {'lost'} end
if redis.call('HGET', KEYS[3], 'cancelled') then return {'cancelled'} end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase == 'registering' then return {'busy', phase, redis.call('HGET', KEYS[1], 'operationId')} end
if phase ~= 'ready' then return {'missing'} end
local updating = redis.call('HGET', KEYS[1], 'updating')
if updating and updating ~= ARGV[3] then return {'busy', 'updating', updating} end
if not updating then
  if (redis.call('HGET', KEYS[1], 'version') or '1') ~= ARGV[2] then return {'changed'} end
  local id = ARGV[1] .. '@' .. ARGV[2]
  redis.call('HSET', KEYS[1], 'updating', ARGV[3], 'scaling', ARGV[5])
  redis.call('HDEL', KEYS[1], 'scalingFailure')
  redis.call('SADD', KEYS[2], id)
  redis.call('HSET', KEYS[3], 'workflow', id, 'outcome', 'held')
  redis.call('PERSIST', KEYS[3])
end
return {'held', redis.call('HGETALL', KEYS[1])}
