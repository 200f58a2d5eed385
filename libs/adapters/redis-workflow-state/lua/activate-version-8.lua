#!lua flags=allow-oom
--[[
  A version that was registered, or is kept beside the active one, is served: by requests that name it, and with ARGV[8] in the
  active one's place, which is kept beside it then. One act for all gateways.

  KEYS[1] workflow    hash of the workflow, with its active version
  KEYS[2] version     hash of the version, while it is not the active one
  KEYS[3] versions    set of the versions beside the active ones that are ready
  KEYS[4] changes     sorted set of version to the revision of its last change
  KEYS[5] unfinished  set of versions in any phase but ready, or watched
  KEYS[6] warm        sorted set of version to the time (ms) until which it is kept
  KEYS[7] revision    KEYS[8] operation

  ARGV[1] workflow name  ARGV[2] version  ARGV[3] operation id  ARGV[4] token of its run  ARGV[5] now (ISO 8601)
  ARGV[6] seconds that the operation is remembered  ARGV[7] channel of changes
  ARGV[8] '1' to make it the active one  ARGV[9] ms that the one before is kept  ARGV[10] how many such are kept
  ARGV[11] what the key of a version's hash begins with, its id being the rest  ARGV[12] changes of workflows (key)
  ARGV[13] '' when the operation has ended with this, else ms for which it watches the version before it has
  ARGV[14] ms for which those stay that are not kept
  ARGV[15] traffic (JSON) from then on, '' for none  ARGV[16] its versions, with blanks between

  Output: {'held', the workflow, version that was active before} | {'lost'} | {'cancelled'} | {'missing'} | {'busy', phase, operation id} |
    {'unknown', version} | {'leaving'}
]]
if redis.call('HGET', KEYS[8], 'run') ~= ARGV[4] then return {'lost'} end
if redis.call('HGET', KEYS[8], 'cancelled') then return {'cancelled'} end
if redis.call('HGET', KEYS[1], 'phase') ~= 'ready' then return {'missing'} end
local updating = redis.call('HGET', KEYS[1], 'updating')
if updating and updating ~= ARGV[3] then return {'busy', 'updating', updating} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id = ARGV[1] .. '@' .. ARGV[2]
local active = redis.call('HGET', KEYS[1], 'version') or '1'
local revision = 0

local function revise(key, what)
  revision = redis.call('INCR', KEYS[7])
  redis.call('ZADD', key, revision, what)
  return revision
end

for version in string.gmatch(ARGV[16], '%d+') do
  if version ~= active and not redis.call('ZSCORE', KEYS[3], ARGV[1] .. '@' .. version) then return {'unknown', version} end
end

if active ~= ARGV[2] then
  local phase = redis.call('HGET', KEYS[2], 'phase')
  if not phase then return {'unknown', ARGV[2]} end
  if phase == 'registering' then
    if redis.call('HGET', KEYS[2], 'operationId') ~= ARGV[3] then
      return {'busy', phase, redis.call('HGET', KEYS[2], 'operationId')}
    end
    redis.call('HSET', KEYS[2], 'phase', 'ready', 'changedAt', ARGV[5])
    redis.call('ZADD', KEYS[3], 0, id)
    redis.call('HSET', KEYS[2], 'revision', revise(KEYS[4], id))
  elseif phase ~= 'ready' then
    return {'leaving'}
  end
end

local before = active
if ARGV[8] == '1' then
  redis.call('HDEL', KEYS[1], 'traffic', 'directed')
  if ARGV[15] ~= '' then redis.call('HSET', KEYS[1], 'traffic', ARGV[15], 'directed', ARGV[16]) end
  if active ~= ARGV[2] then
    -- The one that was active is ready beside it before it is active no more, so that gateways keep what they have loaded.
    local demoted = ARGV[1] .. '@' .. active
    local demoted_key = ARGV[11] .. demoted
    local old = redis.call('HMGET', KEYS[1], 'operationId', 'definition', 'url')
    -- Nothing is removed while an operation has the workflow: who watches can go back.
    local ends = string.format('%.0f', now + ARGV[9])
    redis.call('HSET', demoted_key, 'schemaVersion', '1', 'phase', 'ready', 'operationId', old[1], 'definition', old[2],
      'url', old[3], 'version', active, 'changedAt', ARGV[5], 'revision', revise(KEYS[4], demoted))
    redis.call('ZADD', KEYS[3], 0, demoted)
    redis.call('ZADD', KEYS[6], ends, demoted)
    local new = redis.call('HMGET', KEYS[2], 'operationId', 'definition', 'url')
    redis.call('HSET', KEYS[1], 'operationId', new[1], 'definition', new[2], 'url', new[3], 'version', ARGV[2],
      'active', ARGV[2], 'changedAt', ARGV[5], 'revision', revise(ARGV[12], ARGV[1]))
    redis.call('DEL', KEYS[2])
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZREM', KEYS[6], id)
    revise(KEYS[4], id)
    local beside = {active}
    for version in string.gmatch(redis.call('HGET', KEYS[1], 'beside') or '', '%d+') do
      if version ~= ARGV[2] and version ~= active then beside[#beside + 1] = version end
    end
    redis.call('HSET', KEYS[1], 'beside', table.concat(beside, ' '))
    -- Of those that were active, the last ones are kept.
    local kept = {}
    for _, version in ipairs(beside) do
      local until_ms = redis.call('ZSCORE', KEYS[6], ARGV[1] .. '@' .. version)
      if until_ms then kept[#kept + 1] = {tonumber(until_ms), ARGV[1] .. '@' .. version} end
    end
    table.sort(kept, function(a, b) return a[1] > b[1] end)
    local drained = now + ARGV[14]
    for i = tonumber(ARGV[10]) + 1, #kept do
      if kept[i][1] > drained then redis.call('ZADD', KEYS[6], string.format('%.0f', drained), kept[i][2]) end
    end
  else
    redis.call('HSET', KEYS[1], 'changedAt', ARGV[5], 'revision', revise(ARGV[12], ARGV[1]))
  end
end
if ARGV[13] == '' then
  redis.call('SREM', KEYS[5], id)
  redis.call('HDEL', KEYS[1], 'updating', 'watched')
  redis.call('HSET', KEYS[8], 'workflow', ARGV[1], 'outcome', 'committed')
  redis.call('EXPIRE', KEYS[8], ARGV[6])
else
  redis.call('SADD', KEYS[5], id)
  redis.call('HSETNX', KEYS[1], 'watched', ARGV[2] .. ' ' .. before .. ' ' .. string.format('%.0f', now + ARGV[13]))
  redis.call('HSET', KEYS[1], 'updating', ARGV[3])
  redis.call('HSET', KEYS[8], 'workflow', id, 'outcome', 'held')
end
if revision > 0 then redis.call('PUBLISH', ARGV[7], revision) end
return {'held', redis.call('HGETALL', KEYS[1]), before, revision}
