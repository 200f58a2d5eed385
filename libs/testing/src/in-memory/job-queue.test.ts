import { describeJobQueue } from '../port-conformance/job-queue.js';
import { InMemoryJobQueue } from './job-queue.js';
import { idleHandlers } from '../builders/index.js';

describeJobQueue('InMemoryJobQueue', () => {
  const queue = new InMemoryJobQueue();
  return Promise.resolve({
    queue,
    createWorker: (handlers) => queue.createWorker({ ...idleHandlers, ...handlers }),
    dispose: () => queue.close(),
  });
});
