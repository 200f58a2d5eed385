--[[
  Fails where Redis takes no writes.

  KEYS[1] a key that nobody reads
]]
redis.call('SET', KEYS[1], '', 'PX', 1000)
return 1
