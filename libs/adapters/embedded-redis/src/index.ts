export { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisOptions } from './embedded-redis.js';
/** @internal For tests of other packages. */
export { findServer, type ServerSearch } from './find-server.js';
