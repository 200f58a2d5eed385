#!lua flags=allow-oom
--[[
  ready -> unregistering, of a version beside the active one.

  KEYS[1] workflow  KEYS[2] version  KEYS[3] versions  KEYS[4] changes of versions  KEYS[5] unfinished  KEYS[6] warm
  KEYS[7] revision  KEYS[8] operation

  ARGV[1] workflow name  ARGV[2] version  ARGV[3] operation id  ARGV[4] token of its run  ARGV[5] now (ISO 8601)
  ARGV[6] channel of changes  ARGV[7] '1' to remember it as retired

  Output: {'held', the version} | {'lost'} | {'cancelled'} | {'missing'} | {'unknown'} | {'serves'} | {'busy', phase, operation id}
]]
if redis.call('HGET', KEYS[8], 'run') ~= ARGV[4] then return {'lost'} end
local id = ARGV[1] .. '@' .. ARGV[2]
local phase = redis.call('HGET', KEYS[2], 'phase')
local owner = redis.call('HGET', KEYS[2], 'operationId')
if phase == 'unregistering' and owner == ARGV[3] then return {'held', redis.call('HGETALL', KEYS[2])} end
if redis.call('HGET', KEYS[8], 'cancelled') then return {'cancelled'} end
if redis.call('HGET', KEYS[1], 'phase') ~= 'ready' then return {'missing'} end
local updating = redis.call('HGET', KEYS[1], 'updating')
if updating and updating ~= ARGV[3] then return {'busy', 'updating', updating} end
if (redis.call('HGET', KEYS[1], 'version') or '1') == ARGV[2] then return {'serves'} end
if not phase then return {'unknown'} end
if phase ~= 'ready' then return {'busy', phase, owner} end
for version in string.gmatch(redis.call('HGET', KEYS[1], 'directed') or '', '%d+') do
  if version == ARGV[2] then
    -- Looked at again in a minute, so that others have their turn.
    local time = redis.call('TIME')
    redis.call('ZADD', KEYS[6], 'XX', string.format('%.0f', time[1] * 1000 + 60000), id)
    return {'serves'}
  end
end
local revision = redis.call('INCR', KEYS[7])
redis.call('HSET', KEYS[2], 'phase', 'unregistering', 'operationId', ARGV[3], 'revision', revision, 'changedAt', ARGV[5])
if ARGV[7] == '1' then redis.call('HSET', KEYS[2], 'isRetiring', '1') end
redis.call('ZREM', KEYS[3], id)
redis.call('ZADD', KEYS[4], revision, id)
redis.call('SADD', KEYS[5], id)
redis.call('ZREM', KEYS[6], id)
redis.call('HSET', KEYS[8], 'workflow', id, 'outcome', 'held', 'removing', '1')
redis.call('PERSIST', KEYS[8])
redis.call('PUBLISH', ARGV[6], revision)
return {'held', redis.call('HGETALL', KEYS[2])}
