/** @internal For tests of other packages. */
export { createGatewayServer, type GatewayServerOptions } from './create-gateway-server.js';
export { readBody } from './http/read-input.js';
export { startGateway } from './start-gateway.js';
