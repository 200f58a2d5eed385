import { boolean, commaList } from '../setting-values.js';
import { bytesInMemory, seconds } from './bounds.js';
import type { Setting } from './setting.js';

/** What is fetched, and how large and how late an exchange may be. */
export const exchangeSettings = {
  allowedUrls: {
    property: 'allowed_urls',
    description: 'Comma-separated regular expressions of the URLs that archives may come from (default http(s)?://.*)',
    schema: commaList.default(['http(s)?://.*']),
  },
  allowPrivateAddresses: {
    property: 'allow_private_addresses',
    description: 'Whether archives may come from private and loopback addresses (default false)',
    schema: boolean.default(false),
  },
  maxRequestSize: {
    property: 'max_request_size',
    description: 'Largest request body in bytes (default 6553500)',
    schema: bytesInMemory.default(6_553_500),
  },
  maxResponseSize: {
    property: 'max_response_size',
    description: 'Largest node answer in bytes (default 6553500)',
    schema: bytesInMemory.default(6_553_500),
  },
  defaultResponseTimeout: {
    property: 'default_response_timeout',
    description: 's that a model may take for one answer before its worker counts as dead (default 120)',
    schema: seconds.default(120),
  },
  defaultStartupTimeout: {
    property: 'default_startup_timeout',
    description: 's that a function or a model may take to load (default 120)',
    schema: seconds.default(120),
  },
} as const satisfies Record<string, Setting>;
