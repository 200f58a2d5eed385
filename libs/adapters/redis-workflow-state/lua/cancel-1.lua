--[[
  An operation is to be undone: nothing commits it from now on.

  KEYS[1] operation

  ARGV[1] seconds that an operation is remembered which holds nothing

  Output: 'cancelled' | 'committed' | 'removing' | 'released'
]]
local known = redis.call('HMGET', KEYS[1], 'outcome', 'removing')
if known[1] == 'committed' or known[1] == 'released' then return known[1] end
if known[2] == '1' then return 'removing' end
redis.call('HSET', KEYS[1], 'cancelled', '1')
if not known[1] then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return 'cancelled'
