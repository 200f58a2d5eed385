--[[
  Notes in a job that its operation is cancelled. One that was never begun is taken out of the queue, as if a worker had taken it: whoever
  asked ends it. Does that one die over it, the lock ends, and a worker takes it up.

  KEYS[1] job  hash of BullMQ  KEYS[2] lock of the job
  KEYS[3] waiting  KEYS[4] waiting while the queue is paused  KEYS[5] active  lists of job ids
  KEYS[6] delayed  sorted set of job ids

  ARGV[1] job id  ARGV[2] id by which the state knows its run  ARGV[3] token of the lock  ARGV[4] ms that the lock is held

  Output: 'taken' by whoever asked | 'delayed' | 'begun' | 'ended', also where there is no such job
]]
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'finishedOn') == 1 then return 'ended' end
redis.call('HSET', KEYS[1], 'cancelled', ARGV[2])
local begun = redis.call('HMGET', KEYS[1], 'processedOn', 'putBack', 'stc')
if not begun[1] and not begun[2] and not begun[3] then
  if redis.call('LREM', KEYS[3], 1, ARGV[1]) + redis.call('LREM', KEYS[4], 1, ARGV[1]) > 0 then
    redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
    redis.call('LPUSH', KEYS[5], ARGV[1])
    return 'taken'
  end
end
if redis.call('ZSCORE', KEYS[6], ARGV[1]) then return 'delayed' end
return 'begun'
