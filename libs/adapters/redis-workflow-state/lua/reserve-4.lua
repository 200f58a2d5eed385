--[[
  Takes a workflow's name, and the names of its models, for a registration.

  KEYS[1] workflow   hash of the workflow
  KEYS[2] models     hash of model name to workflow, or to the mark of a removal
  KEYS[3] unfinished set of workflows in any phase but ready
  KEYS[4] operation  what the operation has done

  ARGV[1] workflow name      ARGV[2] operation id   ARGV[3] token of its run
  ARGV[4] definition (JSON)  ARGV[5] now (ISO 8601)
  ARGV[6] url                ARGV[7] what marks of removals begin with
  ARGV[8] version            ARGV[9...] model names

  Output: {'held', the workflow} | {'lost'} | {'cancelled'} | {'unreadable'} | {'conflict'} | {'busy', phase, operation id} | {'removing'} |
    {'taken', model, workflow}
]]
if redis.call('HGET', KEYS[4], 'run') ~= ARGV[3] then return {'lost'} end
if redis.call('HGET', KEYS[4], 'cancelled') then return {'cancelled'} end
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == 'hash' then
  local owner = redis.call('HGET', KEYS[1], 'operationId')
  local phase = redis.call('HGET', KEYS[1], 'phase')
  if not owner or not phase then return {'unreadable'} end
  if owner == ARGV[2] then return {'held', redis.call('HGETALL', KEYS[1])} end
  if phase == 'ready' then return {'conflict'} end
  return {'busy', phase, owner}
end
if kind ~= 'none' then return {'unreadable'} end
for i = 9, #ARGV do
  local owner = redis.call('HGET', KEYS[2], ARGV[i])
  if owner and string.sub(owner, 1, #ARGV[7]) == ARGV[7] then return {'removing'} end
  if owner and owner ~= ARGV[1] then return {'taken', ARGV[i], owner} end
end
redis.call('HSET', KEYS[1], 'schemaVersion', '1', 'phase', 'registering', 'operationId', ARGV[2],
  'revision', '0', 'definition', ARGV[4], 'changedAt', ARGV[5], 'url', ARGV[6], 'version', ARGV[8])
for i = 9, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[1]) end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[4], 'workflow', ARGV[1], 'outcome', 'held')
redis.call('PERSIST', KEYS[4])
return {'held', redis.call('HGETALL', KEYS[1])}
