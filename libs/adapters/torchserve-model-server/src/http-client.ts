import {
  ConnectionLostError,
  ConnectionPool,
  type ExchangeLimits,
  headerValue,
  type HttpAnswer,
  type HttpRequest,
} from '@torchweave/http-exchange';

import { failedExchange, isKeyRefused, unauthorizedBy } from './error-mapping.js';
import type { KeyKind, KeyRing } from './keys.js';

const connectTimeoutMs = 5_000;
/** A key may be renewed by another process between our look into the key file and our use of it. */
const refreshesOfOneRequest = 2;

export interface HttpClientOptions {
  readonly baseUrl: URL;
  /** How errors name the server. */
  readonly endpoint: string;
  readonly connections: number;
  readonly keys: KeyRing;
  readonly keyKind: KeyKind;
}

/**
 * Kept-alive connections to one address of TorchServe, with its key.
 *
 * One request at a time on a connection: TorchServe answers pipelined requests in the order in which they are done, not in
 * which they came (util/NettyUtils.java).
 */
export class HttpClient {
  private readonly pool: ConnectionPool;
  private readonly pathPrefix: string;

  constructor(private readonly options: HttpClientOptions) {
    this.pathPrefix = options.baseUrl.pathname.replace(/\/+$/, '');
    const { protocol, hostname, port, host } = options.baseUrl;
    const isSecure = protocol === 'https:';
    const target = {
      // An address of version six comes in brackets.
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (isSecure ? 443 : 80) : Number(port),
      isSecure,
      connectTimeoutMs,
    };
    this.pool = new ConnectionPool(target, host, options.connections);
  }

  /**
   * Resolves with the answer, whatever its status, except for a refused key.
   *
   * @throws TorchweaveError `modelServerUnreachable`, `modelServerLate`, `modelServerUnauthorized`, `modelServerRefused` for an answer
   * that is too large; the signal's reason when it is aborted.
   */
  async request(request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer> {
    for (let refreshes = 0; ; refreshes++) {
      const key = this.options.keys.current(this.options.keyKind);
      const answer = await this.send(request, key, limits);
      if (answer.status !== 400 || !isKeyRefused(answer)) return answer;
      const isFound = refreshes < refreshesOfOneRequest && (await this.options.keys.refresh(this.options.keyKind, key));
      if (!isFound) throw unauthorizedBy(this.options.endpoint, answer);
    }
  }

  /** Ends all connections at once; requests under way fail. */
  close(): void {
    this.pool.close();
  }

  /** One request with that key; once more when it met a connection that the server had already given up. */
  async send(request: HttpRequest, key: string | undefined, limits: ExchangeLimits): Promise<HttpAnswer> {
    const headers =
      key === undefined ? request.headers : [...request.headers, 'authorization', headerValue(`Bearer ${key}`)];
    const sent = { ...request, headers, path: this.pathPrefix + request.path };
    const startedAt = performance.now();
    try {
      try {
        return await this.pool.exchange(sent, limits);
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        const timeoutMs = Math.max(1, limits.timeoutMs - (performance.now() - startedAt));
        return await this.pool.exchange(sent, { ...limits, timeoutMs });
      }
    } catch (error) {
      if (limits.signal.aborted) throw error;
      throw failedExchange(this.options.endpoint, error, limits.timeoutMs);
    }
  }
}
