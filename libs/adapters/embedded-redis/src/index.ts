export { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisOptions } from './embedded-redis.js';
export { findServer, type ServerSearch } from './find-server.js';
