#!lua flags=allow-oom
--[[
  A version that is watched has failed: the one before it is the active one again, and it is undone from now on.

  KEYS[1] workflow  KEYS[2] version, while it is not the active one  KEYS[3] versions  KEYS[4] unfinished  KEYS[5] warm
  KEYS[6] revision  KEYS[7] operation

  ARGV[1] workflow name  ARGV[2] version  ARGV[3] operation id  ARGV[4] token of its run  ARGV[5] failure (JSON)
  ARGV[6] now (ISO 8601)  ARGV[7] channel of changes  ARGV[8] what the key of a version's hash begins with
  ARGV[9] changes of workflows (key)  ARGV[10] changes of versions (key)

  Output: revision from which on the one before is served, also when it was done before, or 0 when the run does not hold the
    operation, or the operation the workflow
]]
if redis.call('HGET', KEYS[7], 'run') ~= ARGV[4] then return 0 end
if redis.call('HGET', KEYS[1], 'updating') ~= ARGV[3] then return 0 end
local id = ARGV[1] .. '@' .. ARGV[2]
if redis.call('HGET', KEYS[2], 'phase') == 'undoing' then return tonumber(redis.call('HGET', KEYS[2], 'revision')) end
local version, before = string.match(redis.call('HGET', KEYS[1], 'watched') or '', '^(%d+) (%d+) ')
if version ~= ARGV[2] or redis.call('HGET', KEYS[1], 'version') ~= version then return 0 end
local before_id = ARGV[1] .. '@' .. before
local before_key = ARGV[8] .. before_id
if redis.call('HGET', before_key, 'phase') ~= 'ready' then return 0 end
local function revise(key, what)
  local revision = redis.call('INCR', KEYS[6])
  redis.call('ZADD', key, revision, what)
  return revision
end
local bad = redis.call('HMGET', KEYS[1], 'operationId', 'definition', 'url')
local good = redis.call('HMGET', before_key, 'operationId', 'definition', 'url')
redis.call('HSET', KEYS[1], 'operationId', good[1], 'definition', good[2], 'url', good[3], 'version', before, 'active', before,
  'changedAt', ARGV[6], 'revision', revise(ARGV[9], ARGV[1]))
redis.call('DEL', before_key)
redis.call('ZREM', KEYS[3], before_id)
redis.call('ZREM', KEYS[5], before_id)
revise(ARGV[10], before_id)
local revision = revise(ARGV[10], id)
redis.call('HSET', KEYS[2], 'schemaVersion', '1', 'phase', 'undoing', 'operationId', ARGV[3], 'definition', bad[2], 'url', bad[3],
  'version', version, 'failure', ARGV[5], 'changedAt', ARGV[6], 'revision', revision)
redis.call('SADD', KEYS[4], id)
local beside = {version}
for other in string.gmatch(redis.call('HGET', KEYS[1], 'beside') or '', '%d+') do
  if other ~= before and other ~= version then beside[#beside + 1] = other end
end
redis.call('HSET', KEYS[1], 'beside', table.concat(beside, ' '))
redis.call('HDEL', KEYS[1], 'watched')
redis.call('PUBLISH', ARGV[7], revision)
return revision
