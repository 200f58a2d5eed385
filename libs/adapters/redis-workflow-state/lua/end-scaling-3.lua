#!lua flags=allow-oom
--[[
  Ends a change of workers, done or undone. Gateways need not follow: they run a version whatever its workers are.

  KEYS[1] workflow  KEYS[2] unfinished versions  KEYS[3] operation

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run  ARGV[4] seconds that the operation is remembered
  ARGV[5] definition (JSON) with the new numbers, or '' where it is undone

  Output: 1, also when it was ended so before, or 0 when the run does not hold the operation, or the operation the workflow;
    -1 when it is to be done and the operation is cancelled
]]
if redis.call('HGET', KEYS[3], 'run') ~= ARGV[3] then return 0 end
local outcome = ARGV[5] == '' and 'released' or 'committed'
if redis.call('HGET', KEYS[3], 'outcome') == outcome then return 1 end
if ARGV[5] ~= '' and redis.call('HGET', KEYS[3], 'cancelled') then return -1 end
if redis.call('HGET', KEYS[1], 'updating') ~= ARGV[2] then return 0 end
local failure = redis.call('HGET', KEYS[1], 'scalingFailure')
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'definition', ARGV[5])
elseif failure then redis.call('HSET', KEYS[3], 'failure', failure) end
redis.call('HDEL', KEYS[1], 'updating', 'scaling', 'scalingFailure')
redis.call('SREM', KEYS[2], ARGV[1] .. '@' .. (redis.call('HGET', KEYS[1], 'version') or '1'))
redis.call('HSET', KEYS[3], 'workflow', ARGV[1], 'outcome', outcome)
redis.call('EXPIRE', KEYS[3], ARGV[4])
return 1
