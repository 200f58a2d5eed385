#!lua flags=allow-oom
--[[
  undoing or unregistering -> gone.

  KEYS[1] workflow  KEYS[2] models  KEYS[3] unfinished  KEYS[4] operation  KEYS[5] orphans  KEYS[6] tombstones

  ARGV[1] workflow name  ARGV[2] operation id  ARGV[3] token of its run
  ARGV[4] seconds that the operation is remembered  ARGV[5] number of models
  ARGV[6] what the key of a version's hash begins with, its id being the rest  ARGV[7] tombstones of versions (key)
  ARGV[8] sorted set of versions that are kept for a while (key)  ARGV[9] retired versions of the workflow (key)
  ARGV[10...] model names, then names of models that may still lie on a model server

  Output: 1, also when it was done before, or 0 when the run does not hold the operation, or the operation the workflow
]]
if redis.call('HGET', KEYS[4], 'run') ~= ARGV[3] then return 0 end
if redis.call('HGET', KEYS[4], 'outcome') == 'released' then return 1 end
if redis.call('HGET', KEYS[1], 'operationId') ~= ARGV[2] then return 0 end
local phase = redis.call('HGET', KEYS[1], 'phase')
if phase ~= 'undoing' and phase ~= 'unregistering' then return 0 end
local failure = redis.call('HGET', KEYS[1], 'failure')
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for version in string.gmatch(redis.call('HGET', KEYS[1], 'beside') or '', '%d+') do
  local id = ARGV[1] .. '@' .. version
  if redis.call('HGET', ARGV[6] .. id, 'operationId') == ARGV[2] then
    redis.call('DEL', ARGV[6] .. id)
    redis.call('ZREM', ARGV[8], id)
    redis.call('ZADD', ARGV[7], now, id)
  end
end
redis.call('DEL', KEYS[1], ARGV[9])
local models = tonumber(ARGV[5])
local of_version = ARGV[1] .. '@'
for i = 10, 9 + models do
  local owner = redis.call('HGET', KEYS[2], ARGV[i])
  if owner and (owner == ARGV[1] or string.sub(owner, 1, #of_version) == of_version) then
    redis.call('HDEL', KEYS[2], ARGV[i])
  end
end
for i = 10 + models, #ARGV do redis.call('SADD', KEYS[5], ARGV[i]) end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[6], now, ARGV[1])
redis.call('HSET', KEYS[4], 'workflow', ARGV[1], 'outcome', 'released')
if failure then redis.call('HSET', KEYS[4], 'failure', failure) end
redis.call('EXPIRE', KEYS[4], ARGV[4])
return 1
