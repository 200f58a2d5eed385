#!lua flags=allow-oom
--[[
  Moves the pointer to a version: it is served from the revision on that this gives. A registration's workflow goes
  registering -> ready. Of what has been reserved little is added: also where Redis is full.

  KEYS[1] workflow  KEYS[2] ready  KEYS[3] changes  KEYS[4] unfinished  KEYS[5] revision  KEYS[6] operation

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run  ARGV[4] now (ISO 8601)
  ARGV[5] seconds that the operation is remembered  ARGV[6] channel of changes  ARGV[7] version

  Output: the workflow, or 0 when the run does not hold the operation, the operation the workflow, or the workflow the version;
    -1 when the operation is cancelled
]]
if redis.call('HGET', KEYS[6], 'run') ~= ARGV[3] then return 0 end
if redis.call('HGET', KEYS[1], 'operationId') ~= ARGV[2] then return 0 end
-- 0.1.0 reserves without a version.
if (redis.call('HGET', KEYS[1], 'version') or '1') ~= ARGV[7] then return 0 end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase == 'ready' then return redis.call('HGETALL', KEYS[1]) end
if phase ~= 'registering' then return 0 end
if redis.call('HGET', KEYS[6], 'cancelled') then return -1 end
local revision = redis.call('INCR', KEYS[5])
redis.call('HSET', KEYS[1], 'phase', 'ready', 'active', ARGV[7], 'revision', revision, 'changedAt', ARGV[4])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('ZADD', KEYS[3], revision, ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[6], 'workflow', ARGV[1], 'outcome', 'committed')
redis.call('EXPIRE', KEYS[6], ARGV[5])
redis.call('PUBLISH', ARGV[6], revision)
return redis.call('HGETALL', KEYS[1])
