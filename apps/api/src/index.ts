/** @internal For tests of other packages. */
export { EventStreams } from './observation/event-streams.js';
/** @internal For tests of other packages. */
export { tellOf } from './observation/tell.js';
/** @internal For tests of other packages. */
export { createApiServer, type ApiServerOptions } from './create-api-server.js';
export { startApi } from './start-api.js';
