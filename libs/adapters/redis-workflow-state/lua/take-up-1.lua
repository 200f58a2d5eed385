#!lua flags=allow-oom
--[[
  A run takes an operation up; what an earlier run asks for is refused from now on.

  KEYS[1] operation

  ARGV[1] token of the run  ARGV[2] seconds that an operation without an outcome is remembered

  Output: {token of the run before or '', workflow or '', outcome or '', failure (JSON) or '', '1' when it is cancelled or ''}
]]
local before = redis.call('HMGET', KEYS[1], 'run', 'workflow', 'outcome', 'failure', 'cancelled')
redis.call('HSET', KEYS[1], 'run', ARGV[1])
if not before[3] then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return {before[1] or '', before[2] or '', before[3] or '', before[4] or '', before[5] or ''}
