import { describeSessionStore } from '../port-conformance/session-store.js';
import { InMemorySessionStore } from './session-store.js';

describeSessionStore('InMemorySessionStore', (limit) =>
  Promise.resolve({ store: new InMemorySessionStore(limit), dispose: () => Promise.resolve() }),
);
