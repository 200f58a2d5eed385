import { wholeNumber } from '../setting-values.js';
import { bytes, seconds, count } from './bounds.js';
import type { Setting } from './setting.js';

/** How much of requests a server takes at once. */
export const requestSettings = {
  maxUrlLength: {
    property: 'max_url_length',
    description: 'Longest path and query of a request in bytes (default 8192)',
    schema: wholeNumber(1, 16_777_216, ' of bytes').default(8_192),
  },
  maxHeaderSize: {
    property: 'max_header_size',
    description: 'Largest request line and headers together in bytes (default 16384)',
    schema: wholeNumber(1, 16_777_216, ' of bytes').default(16_384),
  },
  maxHeaderCount: {
    property: 'max_header_count',
    description: 'Most headers of a request (default 200)',
    schema: wholeNumber(1, 10_000).default(200),
  },
  maxConnections: {
    property: 'max_connections',
    variable: 'TORCHWEAVE_MAX_CONNECTIONS',
    description: 'Open connections of one server; further ones are closed at once (default 4096)',
    schema: count.default(4_096),
  },
  requestHeaderTimeout: {
    property: 'request_header_timeout',
    description: 's that a client may take to send its headers (default 10)',
    schema: seconds.default(10),
  },
  requestTimeout: {
    property: 'request_timeout',
    description: 's that a client may take to send its whole request (default 120)',
    schema: seconds.default(120),
  },
  keepAliveTimeout: {
    property: 'keep_alive_timeout',
    description: 's that a connection may stay open without a request (default 72)',
    schema: seconds.default(72),
  },
  responseSendTimeout: {
    property: 'response_send_timeout',
    variable: 'TORCHWEAVE_RESPONSE_SEND_TIMEOUT',
    description: 's that a client may take to receive its answer (default 120)',
    schema: seconds.default(120),
  },
  maxBodyBytes: {
    property: 'max_body_bytes',
    variable: 'TORCHWEAVE_MAX_BODY_BYTES',
    description: 'Bytes of all request bodies that one server has under way; further ones get 503 (default 1 GiB)',
    schema: bytes.default(1_073_741_824),
  },
  maxInFlight: {
    property: 'max_in_flight',
    variable: 'TORCHWEAVE_MAX_IN_FLIGHT',
    description: 'Predictions that one gateway has under way, waiting ones included (default 2048)',
    schema: count.default(2_048),
  },
  maxWaitingOperations: {
    property: 'max_waiting_operations',
    variable: 'TORCHWEAVE_MAX_WAITING_OPERATIONS',
    description: 'Registrations and unregistrations that wait for their end at one api (default 1024)',
    schema: count.default(1_024),
  },
} as const satisfies Record<string, Setting>;
