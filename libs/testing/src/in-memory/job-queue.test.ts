import type { JobHandlers } from '@torchweave/application';
import { describeJobQueue } from '../port-conformance/job-queue.js';
import { InMemoryJobQueue } from './job-queue.js';

const idle: JobHandlers = {
  'register-workflow': () => Promise.resolve({ workflow: '' }),
  'unregister-workflow': () => Promise.resolve({ workflow: '' }),
  'reconcile-model-servers': () => Promise.resolve({ registered: 0, removed: 0 }),
};

describeJobQueue('InMemoryJobQueue', () => {
  const queue = new InMemoryJobQueue();
  return Promise.resolve({
    queue,
    createWorker: (handlers) => queue.createWorker({ ...idle, ...handlers }),
    dispose: () => queue.close(),
  });
});
