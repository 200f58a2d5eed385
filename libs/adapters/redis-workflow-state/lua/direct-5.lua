#!lua flags=allow-oom
--[[
  Shares the requests of a workflow out among its versions, and copies; or gives all to the active one again.

  KEYS[1] workflow  KEYS[2] versions beside the active ones that are ready  KEYS[3] changes  KEYS[4] revision  KEYS[5] operation

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run  ARGV[4] now (ISO 8601)
  ARGV[5] seconds that the operation is remembered  ARGV[6] channel of changes
  ARGV[7] traffic (JSON), '' for all to the active one  ARGV[8] its versions, with blanks between
  ARGV[9] those of them that cannot be the active one, likewise

  Output: {'held', the workflow} | {'lost'} | {'cancelled'} | {'missing'} | {'unknown', version} | {'serves', version} |
    {'busy', phase, operation id}
]]
if redis.call('HGET', KEYS[5], 'run') ~= ARGV[3] then return {'lost'} end
if redis.call('HGET', KEYS[5], 'cancelled') then return {'cancelled'} end
if redis.call('HGET', KEYS[1], 'phase') ~= 'ready' then return {'missing'} end
local updating = redis.call('HGET', KEYS[1], 'updating')
if updating and updating ~= ARGV[2] then return {'busy', 'updating', updating} end
local active = redis.call('HGET', KEYS[1], 'version') or '1'
for version in string.gmatch(ARGV[8], '%d+') do
  if version ~= active and not redis.call('ZSCORE', KEYS[2], ARGV[1] .. '@' .. version) then return {'unknown', version} end
end
for version in string.gmatch(ARGV[9], '%d+') do
  if version == active then return {'serves', version} end
end
local revision = redis.call('INCR', KEYS[4])
redis.call('HSET', KEYS[1], 'revision', revision, 'changedAt', ARGV[4])
if ARGV[7] == '' then
  redis.call('HDEL', KEYS[1], 'traffic', 'directed')
else
  redis.call('HSET', KEYS[1], 'traffic', ARGV[7], 'directed', ARGV[8])
end
redis.call('ZADD', KEYS[3], revision, ARGV[1])
redis.call('HSET', KEYS[5], 'workflow', ARGV[1], 'outcome', 'committed')
redis.call('EXPIRE', KEYS[5], ARGV[5])
redis.call('PUBLISH', ARGV[6], revision)
return {'held', redis.call('HGETALL', KEYS[1])}
