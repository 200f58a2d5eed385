--[[
  Ends the removal of orphans: their names can be reserved again. Those that are gone are orphans no more.

  KEYS[1] models  hash of model name to workflow, or to the mark of a removal
  KEYS[2] orphans

  ARGV[1] mark of a removal  ARGV[2] how many models are gone
  ARGV[3...] those models, then those that are left
]]
local gone = tonumber(ARGV[2])
for i = 3, #ARGV do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
  if i < 3 + gone then redis.call('SREM', KEYS[2], ARGV[i]) end
end
return 1
