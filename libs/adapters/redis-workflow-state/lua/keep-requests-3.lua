--[[
  Adds requests to the share of a gateway, and takes its oldest out until it is within its bounds. A share goes by itself when its
  gateway adds nothing any more.

  KEYS[1] lines      list of the requests, oldest first: number, bytes, time (ms) and summary, with spaces between them
  KEYS[2] documents  hash of number to document; `bytes` of all of them, `number` of the last
  KEYS[3] gateways   sorted set of gateway to the time (ms) of its last request

  ARGV[1] gateway  ARGV[2] most requests  ARGV[3] most bytes  ARGV[4] ms that one is kept  ARGV[5] most gateways
  ARGV[6...] a summary and a document of each

  Returns the gateways whose shares are too many, those that have added nothing for longest first.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for at = 6, #ARGV, 2 do
  local number = redis.call('HINCRBY', KEYS[2], 'number', 1)
  local bytes = #ARGV[at] + #ARGV[at + 1]
  redis.call('RPUSH', KEYS[1], string.format('%d %d %.0f ', number, bytes, now) .. ARGV[at])
  redis.call('HSET', KEYS[2], number, ARGV[at + 1])
  redis.call('HINCRBY', KEYS[2], 'bytes', bytes)
end
local count = redis.call('LLEN', KEYS[1])
local total = tonumber(redis.call('HGET', KEYS[2], 'bytes'))
while count > 0 do
  local number, bytes, at = string.match(redis.call('LINDEX', KEYS[1], 0), '^(%d+) (%d+) (%d+) ')
  local is_old = tonumber(at) <= now - ARGV[4]
  if not is_old and count <= tonumber(ARGV[2]) and total <= tonumber(ARGV[3]) then break end
  redis.call('LPOP', KEYS[1])
  redis.call('HDEL', KEYS[2], number)
  total = redis.call('HINCRBY', KEYS[2], 'bytes', -bytes)
  count = count - 1
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
local excess = redis.call('ZCARD', KEYS[3]) - ARGV[5]
if excess <= 0 then return {} end
local gone = redis.call('ZRANGE', KEYS[3], 0, excess - 1)
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, excess - 1)
return gone
