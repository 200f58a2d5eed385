import type { Settings } from '../config/settings/settings.js';

/** What one server takes in. */
export interface HttpLimits {
  /** bytes of path and query. */
  readonly urlLength: number;
  /** bytes of the request line and all headers. */
  readonly headerSize: number;
  readonly headerCount: number;
  /** Open connections; further ones are closed at once. */
  readonly connections: number;
  /** ms for all headers. */
  readonly headersTimeout: number;
  /** ms for the whole request. */
  readonly requestTimeout: number;
  /** ms that a connection may stay open without a request. */
  readonly keepAliveTimeout: number;
  /** ms that a client may take to receive an answer. */
  readonly sendTimeout: number;
}

export const limitsOf = (settings: Settings): HttpLimits => ({
  urlLength: settings.maxUrlLength,
  headerSize: settings.maxHeaderSize,
  headerCount: settings.maxHeaderCount,
  connections: settings.maxConnections,
  headersTimeout: settings.requestHeaderTimeout * 1_000,
  requestTimeout: settings.requestTimeout * 1_000,
  keepAliveTimeout: settings.keepAliveTimeout * 1_000,
  sendTimeout: settings.responseSendTimeout * 1_000,
});
