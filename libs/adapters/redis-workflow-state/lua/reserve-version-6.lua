--[[
  Makes room for a version of a workflow beside the one that is active, for an update.

  KEYS[1] workflow   hash of the workflow, with its active version
  KEYS[2] version    hash of the new version
  KEYS[3] models     hash of model name to workflow or version, or to the mark of a removal
  KEYS[4] unfinished set of versions in any phase but ready
  KEYS[5] operation  what the operation has done
  KEYS[6] retired    hash of version to the definition of one that is kept no longer

  ARGV[1] version's id       ARGV[2] version     ARGV[3] operation id  ARGV[4] token of its run
  ARGV[5] definition (JSON)  ARGV[6] now (ISO 8601)  ARGV[7] url       ARGV[8] what marks of removals begin with
  ARGV[9] versions that may be there at once     ARGV[10...] model names

  Output: {'held', the version} | {'lost'} | {'cancelled'} | {'missing'} | {'busy', phase, operation id} | {'numbered', the last version} |
    {'full'} | {'there'} | {'removing'} | {'taken', model, owner}
]]
if redis.call('HGET', KEYS[5], 'run') ~= ARGV[4] then return {'lost'} end
if redis.call('HGET', KEYS[5], 'cancelled') then return {'cancelled'} end
if redis.call('HGET', KEYS[2], 'operationId') == ARGV[3] then return {'held', redis.call('HGETALL', KEYS[2])} end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase == 'registering' then return {'busy', phase, redis.call('HGET', KEYS[1], 'operationId')} end
if phase ~= 'ready' then return {'missing'} end
local updating = redis.call('HGET', KEYS[1], 'updating')
if updating and updating ~= ARGV[3] then return {'busy', 'updating', updating} end
local last = redis.call('HGET', KEYS[1], 'lastVersion') or redis.call('HGET', KEYS[1], 'version') or '1'
-- One that was retired comes back under its number; a new one takes the next.
local isRetired = redis.call('HEXISTS', KEYS[6], ARGV[2]) == 1
if not isRetired and tonumber(ARGV[2]) ~= tonumber(last) + 1 then return {'numbered', last} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'there'} end
local beside = redis.call('HGET', KEYS[1], 'beside') or ''
local count = 0
for _ in string.gmatch(beside, '%d+') do count = count + 1 end
if count >= tonumber(ARGV[9]) then return {'full'} end
for i = 10, #ARGV do
  local owner = redis.call('HGET', KEYS[3], ARGV[i])
  if owner and string.sub(owner, 1, #ARGV[8]) == ARGV[8] then return {'removing'} end
  if owner and owner ~= ARGV[1] then return {'taken', ARGV[i], owner} end
end
redis.call('HSET', KEYS[2], 'schemaVersion', '1', 'phase', 'registering', 'operationId', ARGV[3],
  'revision', '0', 'definition', ARGV[5], 'changedAt', ARGV[6], 'url', ARGV[7], 'version', ARGV[2])
for i = 10, #ARGV do redis.call('HSET', KEYS[3], ARGV[i], ARGV[1]) end
redis.call('SADD', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[1], 'updating', ARGV[3], 'beside', beside == '' and ARGV[2] or beside .. ' ' .. ARGV[2])
if not isRetired then redis.call('HSET', KEYS[1], 'lastVersion', ARGV[2]) end
redis.call('HSET', KEYS[5], 'workflow', ARGV[1], 'outcome', 'held')
redis.call('PERSIST', KEYS[5])
return {'held', redis.call('HGETALL', KEYS[2])}
