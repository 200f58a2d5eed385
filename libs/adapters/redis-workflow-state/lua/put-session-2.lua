--[[
  Keeps a session of the operator's page; forgets what has ended, and of too many the one that ends first.

  KEYS[1] sessions  hash of session to its proof
  KEYS[2] ends      sorted set of session to the time (ms) of its end

  ARGV[1] session  ARGV[2] proof  ARGV[3] ms until it ends  ARGV[4] how many are kept
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function forget(sessions)
  for _, session in ipairs(sessions) do
    redis.call('HDEL', KEYS[1], session)
    redis.call('ZREM', KEYS[2], session)
  end
end
forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now))
local excess = redis.call('ZCARD', KEYS[2]) + 1 - ARGV[4]
if excess > 0 then forget(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
return 1
