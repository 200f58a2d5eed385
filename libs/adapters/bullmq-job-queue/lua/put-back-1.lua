--[[
  A worker leaves a job to a newer one: that it took it up is not counted as an attempt.

  KEYS[1] job  hash of BullMQ

  Output: how often it was put back
]]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], 'ats', -1)
redis.call('HDEL', KEYS[1], 'processedOn')
return redis.call('HINCRBY', KEYS[1], 'putBack', 1)
