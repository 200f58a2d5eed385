export { createApiServer, type ApiServerOptions } from './create-api-server.js';
export { startApi } from './start-api.js';
