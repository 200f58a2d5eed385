import { InMemoryGatewayTries } from '@torchweave/testing/in-memory/gateway-tries';
import { describeGatewayTries } from '@torchweave/testing/port-conformance/gateway-tries';

describeGatewayTries('InMemoryGatewayTries', () => {
  const tries = new InMemoryGatewayTries();
  return Promise.resolve({ api: tries, gateway: tries, dispose: () => Promise.resolve() });
});
