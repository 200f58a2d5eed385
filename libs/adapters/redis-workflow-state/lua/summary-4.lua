#!lua flags=no-writes
--[[
  KEYS[1] ready     KEYS[2] changes  sorted set of workflow to the revision of its last change
  KEYS[3] versions  beside the active ones that are ready, and KEYS[4] their changes

  Output: {how many workflows and versions are ready, revision of the last change}
]]
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local last_version = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')
local ready = redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[3])
return {ready, math.max(tonumber(last[2] or 0), tonumber(last_version[2] or 0))}
