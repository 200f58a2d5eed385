#!lua flags=allow-oom
--[[
  undoing or unregistering -> gone, of a version beside the active one.

  KEYS[1] workflow  KEYS[2] version  KEYS[3] models  KEYS[4] unfinished  KEYS[5] operation  KEYS[6] orphans
  KEYS[7] retired   hash of version to the definition of one that is kept no longer  KEYS[8] tombstones of versions

  ARGV[1] workflow name  ARGV[2] version  ARGV[3] operation id  ARGV[4] token of its run
  ARGV[5] seconds that the operation is remembered  ARGV[6] how many retired ones are remembered
  ARGV[7] number of models  ARGV[8...] model names, then names of models that may still lie on a model server

  Output: 1, also when it was done before, or 0 when the run does not hold the operation, or the operation the version
]]
if redis.call('HGET', KEYS[5], 'run') ~= ARGV[4] then return 0 end
if redis.call('HGET', KEYS[5], 'outcome') == 'released' then return 1 end
if redis.call('HGET', KEYS[2], 'operationId') ~= ARGV[3] then return 0 end
local phase = redis.call('HGET', KEYS[2], 'phase')
if phase ~= 'undoing' and phase ~= 'unregistering' then return 0 end
local id = ARGV[1] .. '@' .. ARGV[2]
local owner = ARGV[2] == '1' and ARGV[1] or id
local failure = redis.call('HGET', KEYS[2], 'failure')
if phase == 'unregistering' and redis.call('EXISTS', KEYS[1]) == 1 then
  if redis.call('HGET', KEYS[2], 'isRetiring') ~= '1' then
    redis.call('HDEL', KEYS[7], ARGV[2])
  else
    redis.call('HSET', KEYS[7], ARGV[2], redis.call('HGET', KEYS[2], 'definition'))
    local versions = redis.call('HKEYS', KEYS[7])
    table.sort(versions, function(a, b) return tonumber(a) > tonumber(b) end)
    for i = tonumber(ARGV[6]) + 1, #versions do redis.call('HDEL', KEYS[7], versions[i]) end
  end
end
redis.call('DEL', KEYS[2])
local models = tonumber(ARGV[7])
for i = 8, 7 + models do
  if redis.call('HGET', KEYS[3], ARGV[i]) == owner then redis.call('HDEL', KEYS[3], ARGV[i]) end
end
for i = 8 + models, #ARGV do redis.call('SADD', KEYS[6], ARGV[i]) end
redis.call('SREM', KEYS[4], id)
local time = redis.call('TIME')
redis.call('ZADD', KEYS[8], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), id)
if redis.call('EXISTS', KEYS[1]) == 1 then
  local beside = {}
  for version in string.gmatch(redis.call('HGET', KEYS[1], 'beside') or '', '%d+') do
    if version ~= ARGV[2] then beside[#beside + 1] = version end
  end
  if #beside == 0 then
    redis.call('HDEL', KEYS[1], 'beside')
  else
    redis.call('HSET', KEYS[1], 'beside', table.concat(beside, ' '))
  end
  if redis.call('HGET', KEYS[1], 'updating') == ARGV[3] then redis.call('HDEL', KEYS[1], 'updating') end
end
redis.call('HSET', KEYS[5], 'workflow', ARGV[1], 'outcome', 'released')
if failure then redis.call('HSET', KEYS[5], 'failure', failure) end
redis.call('EXPIRE', KEYS[5], ARGV[5])
return 1
