import { TorchweaveError } from '@torchweave/domain';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { boundConnections } from './bound-connections.js';
import type { BrokenRequests } from './broken-requests.js';
import type { Cors } from './cors.js';
import type { HttpLimits } from './limits.js';
import type { TlsCertificate } from './tls.js';

/** ms between two looks for clients that are too slow. */
const lookForSlowMs = 1_000;

export interface HttpServerOptions {
  readonly limits: HttpLimits;
  readonly broken: BrokenRequests;
  /** Speaks TLS with it, plain HTTP without. */
  readonly tls?: TlsCertificate;
  readonly cors?: Cors;
}

/** A server of Node's with the limits that every port has, and the headers of CORS on every answer where they are set. */
export function createHttpServer({ limits, broken, tls, cors }: HttpServerOptions, handler: RequestListener): Server {
  const { headersTimeout, requestTimeout, keepAliveTimeout } = limits;
  const options = {
    ...{ headersTimeout, requestTimeout, keepAliveTimeout },
    maxHeaderSize: limits.headerSize,
    connectionsCheckingInterval: lookForSlowMs,
    // Node's own refusal has no body.
    requireHostHeader: false,
  };
  const handle = cors === undefined ? handler : withHeadersOf(cors, handler);
  const server = tls === undefined ? createServer(options, handle) : createSecureServer({ ...options, ...tls }, handle);
  boundConnections(server, limits.connections);
  // Node drops what is beyond in silence: one more, so that it is seen.
  server.maxHeadersCount = limits.headerCount + 1;
  // Node would answer an unknown expectation by itself, past every check.
  server.on('checkExpectation', handle);
  if (tls !== undefined) endSlowHandshakes(server, headersTimeout);
  broken.watch(server);
  return server;
}

/** Why a request is refused for its form alone; undefined when it is not. */
export function excessOf(request: IncomingMessage, limits: HttpLimits): TorchweaveError | undefined {
  const { urlLength, headerCount, headerSize } = limits;
  const { rawHeaders, httpVersion, headers } = request;
  if ((request.url ?? '').length > urlLength) return new TorchweaveError('urlTooLong', { limitBytes: urlLength });
  if (rawHeaders.length > 2 * headerCount) {
    return new TorchweaveError('headersTooLarge', { limitBytes: headerSize, limitCount: headerCount });
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('it is neither HTTP/1.1 nor HTTP/1.0');
  if (headers.host === undefined) return httpVersion === '1.1' ? malformed('it names no host') : undefined;
  return isOnce('host', rawHeaders) ? undefined : malformed('it names its host more than once');
}

const malformed = (reason: string): TorchweaveError => new TorchweaveError('requestMalformed', { reason });

/** Node keeps the first of several and drops the others in silence. */
function isOnce(name: string, rawHeaders: readonly string[]): boolean {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string;
    if (header.length === name.length && header.toLowerCase() === name) times += 1;
  }
  return times < 2;
}

const withHeadersOf =
  (cors: Cors, handler: RequestListener): RequestListener =>
  (request, answer) => {
    const headers = cors.headersFor(request.headers.origin);
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) answer.setHeader(name, value);
    handler(request, answer);
  };

/** Node's own timeout begins anew with every byte. */
function endSlowHandshakes(server: Server, timeoutMs: number): void {
  const timers = new Map<string, NodeJS.Timeout>();
  const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const stop = (client: string): void => {
    clearTimeout(timers.get(client));
    timers.delete(client);
  };
  server.on('connection', (socket: Socket) => {
    const client = endOf(socket);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    timers.set(client, timer);
    socket.once('close', () => {
      if (timers.get(client) === timer) stop(client);
    });
  });
  server.on('secureConnection', (socket: Socket) => stop(endOf(socket)));
}
