import { describeStateProbe } from '../port-conformance/state-probe.js';
import { InMemoryStateProbe } from './state-probe.js';

describeStateProbe('InMemoryStateProbe', () =>
  Promise.resolve({ probe: new InMemoryStateProbe(), dispose: () => Promise.resolve() }),
);
