#!lua flags=allow-oom
--[[
  ready -> unregistering. What cannot be read goes the same way, whatever it is: also a key of another type, and a name whose
  document is gone.

  KEYS[1] workflow  KEYS[2] ready  KEYS[3] changes  KEYS[4] unfinished  KEYS[5] revision  KEYS[6] operation

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run  ARGV[4] now (ISO 8601)  ARGV[5] channel of changes
  ARGV[6] '1' to remove what cannot be read  ARGV[7] the operation id that was found in that
  ARGV[8] what the key of a version's hash begins with, its id being the rest  ARGV[9] versions that are ready (key)
  ARGV[10] changes of versions (key)

  Output: {'held', the workflow, definitions (JSON) of its versions beside the active one} | {'lost'} | {'cancelled'} | {'missing'} | {'unreadable'} | {'busy', phase, operation id}
]]
if redis.call('HGET', KEYS[6], 'run') ~= ARGV[3] then return {'lost'} end

local function versions_of_this_removal()
  local definitions = {}
  for version in string.gmatch(redis.call('HGET', KEYS[1], 'beside') or '', '%d+') do
    local key = ARGV[8] .. ARGV[1] .. '@' .. version
    if redis.call('HGET', key, 'operationId') == ARGV[2] then
      definitions[#definitions + 1] = redis.call('HGET', key, 'definition')
    end
  end
  return definitions
end

local isForced = ARGV[6] == '1'
local kind = redis.call('TYPE', KEYS[1])['ok']
if redis.call('HGET', KEYS[6], 'cancelled') and redis.call('HGET', KEYS[6], 'outcome') ~= 'held' then return {'cancelled'} end
if kind == 'none' then
  if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return {'missing'} end
elseif kind ~= 'hash' then
  if not isForced then return {'unreadable'} end
  redis.call('DEL', KEYS[1])
else
  local phase = redis.call('HGET', KEYS[1], 'phase')
  local owner = redis.call('HGET', KEYS[1], 'operationId')
  if phase == 'unregistering' and owner == ARGV[2] then
    return {'held', redis.call('HGETALL', KEYS[1]), versions_of_this_removal()}
  end
  if not (isForced and (owner or '') == ARGV[7]) then
    if not phase or not owner then return {'unreadable'} end
    if phase == 'registering' then return {'busy', phase, owner} end
    if phase ~= 'ready' then return {'missing'} end
    local updating = redis.call('HGET', KEYS[1], 'updating')
    if updating then return {'busy', 'updating', updating} end
  end
end
-- They go with it, but for one that is being removed already.
for version in string.gmatch(redis.call('HGET', KEYS[1], 'beside') or '', '%d+') do
  local id = ARGV[1] .. '@' .. version
  if redis.call('HGET', ARGV[8] .. id, 'phase') == 'ready' then
    local gone = redis.call('INCR', KEYS[5])
    redis.call('HSET', ARGV[8] .. id, 'phase', 'unregistering', 'operationId', ARGV[2], 'revision', gone, 'changedAt', ARGV[4])
    redis.call('ZREM', ARGV[9], id)
    redis.call('ZADD', ARGV[10], gone, id)
  end
end
local revision = redis.call('INCR', KEYS[5])
redis.call('HSET', KEYS[1], 'phase', 'unregistering', 'operationId', ARGV[2], 'revision', revision,
  'changedAt', ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], revision, ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[6], 'workflow', ARGV[1], 'outcome', 'held', 'removing', '1')
redis.call('PERSIST', KEYS[6])
redis.call('PUBLISH', ARGV[5], revision)
return {'held', redis.call('HGETALL', KEYS[1]), versions_of_this_removal()}
