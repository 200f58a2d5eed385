import { InMemoryLiveHistory } from '@torchweave/testing/in-memory/live-history';
import { describeLiveHistory } from '@torchweave/testing/port-conformance/live-history';

describeLiveHistory('InMemoryLiveHistory', () =>
  Promise.resolve({ history: new InMemoryLiveHistory(), dispose: () => Promise.resolve() }),
);
