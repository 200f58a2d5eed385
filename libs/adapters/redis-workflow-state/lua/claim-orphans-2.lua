--[[
  Takes the orphans that no workflow owns for removal: nobody can reserve their names until that is settled.

  KEYS[1] models  hash of model name to workflow, or to the mark of a removal
  KEYS[2] orphans

  ARGV[1] mark of a removal

  Output: {{unowned model, ...}, {owned model, its workflow, ...}}
]]
local unowned = {}
local owned = {}
for _, model in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local owner = redis.call('HGET', KEYS[1], model)
  if owner and owner ~= ARGV[1] then
    owned[#owned + 1] = model
    owned[#owned + 1] = owner
  else
    redis.call('HSET', KEYS[1], model, ARGV[1])
    unowned[#unowned + 1] = model
  end
end
return {unowned, owned}
