export { BullMqJobQueue, type BullMqOptions } from './bullmq-job-queue.js';
export { BullMqJobWorker, type BullMqWorkerOptions } from './bullmq-job-worker.js';
