import { InMemoryIdempotencyKeys } from '@torchweave/testing/in-memory/idempotency-keys';
import { describeIdempotencyKeys } from '@torchweave/testing/port-conformance/idempotency-keys';

describeIdempotencyKeys('InMemoryIdempotencyKeys', (keepMs) =>
  Promise.resolve({ keys: new InMemoryIdempotencyKeys(keepMs), dispose: () => Promise.resolve() }),
);
