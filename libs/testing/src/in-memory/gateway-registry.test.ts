import { describeGatewayRegistry } from '../port-conformance/gateway-registry.js';
import { InMemoryGatewayRegistry } from './gateway-registry.js';

describeGatewayRegistry('InMemoryGatewayRegistry', (leaseMs) => {
  const registry = new InMemoryGatewayRegistry(leaseMs);
  return Promise.resolve({ worker: registry, gateway: registry, dispose: () => Promise.resolve() });
});
