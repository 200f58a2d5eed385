#!lua flags=allow-oom
--[[
  Takes the orphans that no workflow owns for removal: nobody can reserve their names until that is settled.

  KEYS[1] models    hash of model name to workflow, or to the mark of a removal
  KEYS[2] orphans
  KEYS[3] doubtful  sorted set of model name to the time (ms) until which it is an orphan again and again

  ARGV[1] mark of this removal  ARGV[2] what marks of removals begin with
  ARGV[3] '1' where all models are known that lie on model servers  ARGV[4...] those models

  Output: {{unowned model, ...}, {owned model, its workflow, ...}}
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local present = {}
for i = 4, #ARGV do present[ARGV[i]] = true end
local doubtful = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
for i = 1, #doubtful, 2 do
  local model = doubtful[i]
  local isOver = tonumber(doubtful[i + 1]) <= now
  local owner = redis.call('HGET', KEYS[1], model)
  local isOwned = owner and string.sub(owner, 1, #ARGV[2]) ~= ARGV[2]
  -- What nobody owns and what is nowhere needs no removal, which would keep its name from a registration.
  if isOver or isOwned or ARGV[3] ~= '1' or present[model] then redis.call('SADD', KEYS[2], model) end
  if isOver then redis.call('ZREM', KEYS[3], model) end
end
local unowned = {}
local owned = {}
for _, model in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local owner = redis.call('HGET', KEYS[1], model)
  if owner and string.sub(owner, 1, #ARGV[2]) ~= ARGV[2] then
    owned[#owned + 1] = model
    owned[#owned + 1] = owner
  else
    redis.call('HSET', KEYS[1], model, ARGV[1])
    unowned[#unowned + 1] = model
  end
end
return {unowned, owned}
