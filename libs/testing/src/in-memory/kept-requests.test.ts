import { describeKeptRequests } from '../port-conformance/kept-requests.js';
import { InMemoryKeptRequests } from './kept-requests.js';

describeKeptRequests('InMemoryKeptRequests', (limit) =>
  Promise.resolve({ requests: new InMemoryKeptRequests(limit), dispose: () => Promise.resolve() }),
);
