import { describeArchiveStore } from '../port-conformance/archive-store.js';
import { InMemoryArchiveStore } from './archive-store.js';

describeArchiveStore('InMemoryArchiveStore', () =>
  Promise.resolve({ store: new InMemoryArchiveStore(), dispose: () => Promise.resolve() }),
);
