import { describeArchiveBlobs } from '../port-conformance/archive-store.js';
import { InMemoryArchiveBlobs } from './archive-blobs.js';

describeArchiveBlobs('InMemoryArchiveBlobs', () =>
  Promise.resolve({ blobs: new InMemoryArchiveBlobs(), dispose: () => Promise.resolve() }),
);
