import { InMemoryAuditTrail } from '@torchweave/testing/in-memory/audit-trail';
import { describeAuditTrail } from '@torchweave/testing/port-conformance/audit-trail';

describeAuditTrail('InMemoryAuditTrail', (limits) =>
  Promise.resolve({ trail: new InMemoryAuditTrail(limits), dispose: () => Promise.resolve() }),
);
