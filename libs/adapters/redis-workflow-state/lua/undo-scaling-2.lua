#!lua flags=allow-oom
--[[
  Notes why a change of workers is being undone; the first reason stays.

  KEYS[1] workflow  KEYS[2] operation

  ARGV[1] operation id  ARGV[2] token of its run  ARGV[3] failure (JSON)

  Output: 1, or 0 when the run does not hold the operation, or the operation the workflow
]]
if redis.call('HGET', KEYS[2], 'run') ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[1], 'updating') ~= ARGV[1] then return 0 end
redis.call('HSETNX', KEYS[1], 'scalingFailure', ARGV[3])
return 1
