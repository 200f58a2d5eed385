export { parseRedisUrl, redisUrlRule } from './redis-url.js';
export { RedisLink } from './redis-link.js';
export { replyWordOf } from './redis-fault.js';
export { failedCommand, refusesWrites, writeRefusalOf, type WriteRefusal } from './write-refusal.js';
