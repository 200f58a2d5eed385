export { parseRedisUrl, redisUrlRule, withoutSecret } from './redis-url.js';
export { RedisLink } from './redis-link.js';
export { redisFaultOf, replyWordOf, type RedisFault } from './redis-fault.js';
