export { TestRedis } from './test-redis.js';
