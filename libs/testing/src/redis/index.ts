export { redisServer, TestRedis } from './test-redis.js';
