import { commaList, textLike, wholeNumber } from '../setting-values.js';
import { bytes, count, milliseconds, leaseMilliseconds } from './bounds.js';
import type { Setting } from './setting.js';

/** Registrations, and the jobs that do them. */
export const operationSettings = {
  loadWorkflows: {
    flag: 'load-workflows',
    property: 'load_workflows',
    description: 'Workflows to register at start: all, or a comma-separated list of file.war or name=file.war',
    schema: commaList.default([]),
  },
  loadModels: {
    flag: 'models',
    property: 'load_models',
    description: "TorchServe's list of models to load; accepted, a workflow brings its models itself",
    schema: textLike(/^/, 'a text').optional(),
  },
  maxArchiveSize: {
    property: 'max_archive_size',
    description: 'Largest archive in bytes (default 1 GiB)',
    schema: bytes.default(1_073_741_824),
  },
  maxUploads: {
    property: 'max_uploads',
    variable: 'TORCHWEAVE_MAX_UPLOADS',
    description: 'Archives in request bodies that one api takes at once; further ones get 503 (default 4)',
    schema: count.default(4),
  },
  operationWaitMs: {
    flag: 'operation-wait-ms',
    variable: 'TORCHWEAVE_OPERATION_WAIT_MS',
    description: 'ms that a synchronous registration waits for its end (default 600000)',
    schema: milliseconds.default(600_000),
  },
  jobConcurrency: {
    flag: 'job-concurrency',
    variable: 'TORCHWEAVE_JOB_CONCURRENCY',
    description: 'Registrations that one worker runs at once (default 8)',
    schema: wholeNumber(1, 1_024).default(8),
  },
  jobLockMs: {
    flag: 'job-lock-ms',
    variable: 'TORCHWEAVE_JOB_LOCK_MS',
    description: 'ms without a sign of life after which another worker takes a job up (default 6000)',
    schema: leaseMilliseconds.default(6_000),
  },
  gatewayLeaseMs: {
    flag: 'gateway-lease-ms',
    variable: 'TORCHWEAVE_GATEWAY_LEASE_MS',
    description: 'ms without a sign of life after which nobody waits for a gateway (default 5000)',
    schema: leaseMilliseconds.default(5_000),
  },
} as const satisfies Record<string, Setting>;
