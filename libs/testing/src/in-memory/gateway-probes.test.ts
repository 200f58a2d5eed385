import { InMemoryGatewayProbes } from '@torchweave/testing/in-memory/gateway-probes';
import { describeGatewayProbes } from '@torchweave/testing/port-conformance/gateway-probes';

describeGatewayProbes('InMemoryGatewayProbes', () => {
  const probes = new InMemoryGatewayProbes();
  return Promise.resolve({ worker: probes, gateway: probes, dispose: () => Promise.resolve() });
});
