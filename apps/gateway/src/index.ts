/** @internal For tests of other packages. */
export { createGatewayServer, type GatewayServerOptions } from './create-gateway-server.js';
export { startGateway } from './start-gateway.js';
