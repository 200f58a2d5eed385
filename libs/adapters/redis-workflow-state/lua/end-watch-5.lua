#!lua flags=allow-oom
--[[
  A version that was watched has proved itself: its operation has ended, and gateways tell no longer what becomes of it.

  KEYS[1] workflow  KEYS[2] operation  KEYS[3] unfinished  KEYS[4] changes of workflows  KEYS[5] revision

  ARGV[1] workflow name  ARGV[2] version  ARGV[3] operation id  ARGV[4] token of its run
  ARGV[5] seconds that the operation is remembered  ARGV[6] channel of changes

  Output: 1, also when it was done before, or 0 when the run does not hold the operation, or the operation the workflow;
    -1 when the operation is cancelled
]]
if redis.call('HGET', KEYS[2], 'run') ~= ARGV[4] then return 0 end
if redis.call('HGET', KEYS[2], 'outcome') == 'committed' then return 1 end
if redis.call('HGET', KEYS[1], 'updating') ~= ARGV[3] then return 0 end
if redis.call('HGET', KEYS[2], 'cancelled') then return -1 end
local revision = redis.call('INCR', KEYS[5])
redis.call('HDEL', KEYS[1], 'updating', 'watched')
redis.call('HSET', KEYS[1], 'revision', revision)
redis.call('ZADD', KEYS[4], revision, ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1] .. '@' .. ARGV[2])
redis.call('HSET', KEYS[2], 'workflow', ARGV[1], 'outcome', 'committed')
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('PUBLISH', ARGV[6], revision)
return 1
