#!lua flags=no-writes
--[[
  KEYS[1] ready  KEYS[2] changes  sorted set of workflow to the revision of its last change

  Output: {how many workflows are ready, revision of the last change}
]]
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return {redis.call('ZCARD', KEYS[1]), tonumber(last[2] or 0)}
