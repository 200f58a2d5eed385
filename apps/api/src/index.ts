/** @internal For tests of other packages. */
export { createApiServer, type ApiServerOptions } from './create-api-server.js';
export { startApi } from './start-api.js';
