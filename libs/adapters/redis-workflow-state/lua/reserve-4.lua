--[[
  Takes a workflow's name, and the names of its models, for a registration.

  KEYS[1] workflow   hash of the workflow
  KEYS[2] models     hash of model name to workflow, or to the mark of a removal
  KEYS[3] unfinished set of workflows in any phase but ready
  KEYS[4] operation  what the operation has done

  ARGV[1] workflow name      ARGV[2] operation id
  ARGV[3] definition (JSON)  ARGV[4] now (ISO 8601)
  ARGV[5] url                ARGV[6] mark of a removal
  ARGV[7...] model names

  Output: {'held', the workflow} | {'conflict'} | {'busy', phase, operation id} | {'removing'} | {'taken', model, workflow}
]]
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase then
  local owner = redis.call('HGET', KEYS[1], 'operationId')
  if owner == ARGV[2] then return {'held', redis.call('HGETALL', KEYS[1])} end
  if phase == 'ready' then return {'conflict'} end
  return {'busy', phase, owner}
end
for i = 7, #ARGV do
  local owner = redis.call('HGET', KEYS[2], ARGV[i])
  if owner == ARGV[6] then return {'removing'} end
  if owner and owner ~= ARGV[1] then return {'taken', ARGV[i], owner} end
end
redis.call('HSET', KEYS[1], 'schemaVersion', '1', 'phase', 'registering', 'operationId', ARGV[2],
  'revision', '0', 'definition', ARGV[3], 'changedAt', ARGV[4], 'url', ARGV[5])
for i = 7, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[1]) end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[4], 'workflow', ARGV[1], 'outcome', 'held')
return {'held', redis.call('HGETALL', KEYS[1])}
