#!lua flags=allow-oom
--[[
  ready -> unregistering. What cannot be read goes the same way, whatever it is: also a key of another type, and a name whose
  document is gone.

  KEYS[1] workflow  KEYS[2] ready  KEYS[3] changes  KEYS[4] unfinished  KEYS[5] revision  KEYS[6] operation

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run  ARGV[4] now (ISO 8601)  ARGV[5] channel of changes
  ARGV[6] '1' to remove what cannot be read  ARGV[7] the operation id that was found in that

  Output: {'held', the workflow} | {'lost'} | {'missing'} | {'unreadable'} | {'busy', phase, operation id}
]]
if redis.call('HGET', KEYS[6], 'run') ~= ARGV[3] then return {'lost'} end
local isForced = ARGV[6] == '1'
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == 'none' then
  if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return {'missing'} end
elseif kind ~= 'hash' then
  if not isForced then return {'unreadable'} end
  redis.call('DEL', KEYS[1])
else
  local phase = redis.call('HGET', KEYS[1], 'phase')
  local owner = redis.call('HGET', KEYS[1], 'operationId')
  if phase == 'unregistering' and owner == ARGV[2] then return {'held', redis.call('HGETALL', KEYS[1])} end
  if not (isForced and (owner or '') == ARGV[7]) then
    if not phase or not owner then return {'unreadable'} end
    if phase == 'registering' then return {'busy', phase, owner} end
    if phase ~= 'ready' then return {'missing'} end
  end
end
local revision = redis.call('INCR', KEYS[5])
redis.call('HSET', KEYS[1], 'phase', 'unregistering', 'operationId', ARGV[2], 'revision', revision,
  'changedAt', ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], revision, ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[6], 'workflow', ARGV[1], 'outcome', 'held')
redis.call('PERSIST', KEYS[6])
redis.call('PUBLISH', ARGV[5], revision)
return {'held', redis.call('HGETALL', KEYS[1])}
