import { boolean, commaList } from '../setting-values.js';
import { milliseconds } from './bounds.js';
import type { Setting } from './setting.js';

/** Requests that are kept to be looked at. */
export const keepingSettings = {
  keepRequests: {
    flag: 'keep-requests',
    property: 'keep_requests',
    variable: 'TORCHWEAVE_KEEP_REQUESTS',
    description:
      'Whether failed and slow predictions, and a few others, are kept for an hour to be looked at (default true)',
    schema: boolean.default(true),
  },
  keepSlowerThan: {
    property: 'keep_slower_than',
    variable: 'TORCHWEAVE_KEEP_SLOWER_THAN',
    description: 'ms beyond which a prediction is kept as a slow one (default 1000)',
    schema: milliseconds.default(1_000),
  },
  keepRedact: {
    property: 'keep_redact',
    variable: 'TORCHWEAVE_KEEP_REDACT',
    description: 'Comma-separated names of form fields and JSON keys whose values are never kept',
    schema: commaList.default([]),
  },
} as const satisfies Record<string, Setting>;
