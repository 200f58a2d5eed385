import { Connection, type ConnectionTarget, type ConnectionUser } from './connection.js';
import { ExchangeFailure, type ExchangeLimits, type HttpAnswer, type HttpRequest } from './exchange.js';
import { PendingExchange, type WireRequest } from './pending-exchange.js';

/** ms that a connection without an exchange stays open. */
const keepAliveMs = 30_000;

/**
 * Kept-alive connections to one address, and the exchanges that wait for one, first come first served.
 *
 * Our own, since it is a large part of what a prediction costs (docs/decisions/0011, bench/http-clients.mjs).
 */
export class ConnectionPool implements ConnectionUser {
  private readonly connections = new Set<Connection>();
  /** Those without an exchange; the one used last is taken first, so that the others can be closed. */
  private readonly idle: Connection[] = [];
  private readonly waiting: PendingExchange[] = [];
  /** Connections that are being made, each for an exchange that waits. */
  private opening = 0;
  private idleTimer: NodeJS.Timeout | undefined;
  private closed: Error | undefined;
  private readonly hostHeader: string;

  /** @param host as the header of that name has it: without the port where it is the scheme's own. */
  constructor(
    private readonly target: ConnectionTarget,
    host: string,
    private readonly maxConnections: number,
  ) {
    this.hostHeader = ` HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  }

  /**
   * Sends one request and collects the answer, whatever its status.
   *
   * @throws AnswerLateError, AnswerTooLargeError, ConnectionLostError, ExchangeFailure, the signal's reason, or the system's
   * own error.
   */
  exchange(request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer> {
    if (limits.signal.aborted) return Promise.reject(limits.signal.reason as Error);
    if (this.closed !== undefined) return Promise.reject(this.closed);
    return new Promise((resolve, reject) => {
      const exchange = new PendingExchange(this.wireOf(request), limits, resolve, reject, this.givenUp);
      const connection = this.idle.pop();
      if (connection !== undefined) {
        connection.send(exchange);
        return;
      }
      this.waiting.push(exchange);
      this.openFurther();
    });
  }

  /** Ends all connections at once; exchanges under way fail. */
  close(): void {
    this.closed = new ExchangeFailure('clientClosed', 'The client is closed.');
    clearTimeout(this.idleTimer);
    for (const connection of this.connections) connection.destroy(this.closed);
    for (const exchange of this.waiting.splice(0)) exchange.fail(this.closed);
  }

  opened(connection: Connection): void {
    this.opening -= 1;
    this.free(connection);
  }

  free(connection: Connection): void {
    const next = this.waiting.shift();
    if (next !== undefined) {
      connection.send(next);
      return;
    }
    this.idle.push(connection);
    this.watchIdle();
  }

  gone(connection: Connection, failure: Error | undefined): void {
    this.connections.delete(connection);
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
    if (failure !== undefined) {
      this.opening -= 1;
      this.waiting.shift()?.fail(failure);
    }
    this.openFurther();
  }

  /** As many connections are made as exchanges wait. */
  private openFurther(): void {
    if (this.closed !== undefined) return;
    while (this.opening < this.waiting.length && this.connections.size < this.maxConnections) {
      this.opening += 1;
      this.connections.add(new Connection(this.target, this));
    }
  }

  private readonly givenUp = (exchange: PendingExchange, reason: Error): void => {
    const index = this.waiting.indexOf(exchange);
    if (index >= 0) {
      this.waiting.splice(index, 1);
      return;
    }
    // Its answer may still come: the connection is of no use to others.
    for (const connection of this.connections) {
      if (connection.carries(exchange)) connection.destroy(reason);
    }
  };

  private watchIdle(): void {
    this.idleTimer ??= setTimeout(() => {
      this.idleTimer = undefined;
      const oldest = performance.now() - keepAliveMs;
      for (const connection of this.idle.filter(({ idleSince }) => idleSince <= oldest)) connection.destroy();
      if (this.idle.length > 0) this.watchIdle();
    }, keepAliveMs).unref();
  }

  private wireOf({ method, path, headers, body: given }: HttpRequest): WireRequest {
    const body = given === undefined ? [] : given instanceof Uint8Array ? [given] : given;
    const bodyBytes = body.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    let head = method + ' ' + path + this.hostHeader;
    for (let i = 0; i + 1 < headers.length; i += 2) head += headerLine(headers[i] as string, headers[i + 1] as string);
    const hasBody = body.length > 0 || method === 'POST' || method === 'PUT';
    head += hasBody ? `content-length: ${bodyBytes}\r\n\r\n` : '\r\n';
    return { head, body, bodyBytes };
  }
}

/** @throws Error for a line end in it: whoever made the header has let through what was to be kept out. */
function headerLine(name: string, value: string): string {
  const line = `${name}: ${value}`;
  if (/[\r\n\0]/.test(line)) throw new Error(`the header ${JSON.stringify(name)} holds a line end`);
  return `${line}\r\n`;
}
