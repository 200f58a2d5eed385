import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { AccessKeys } from '../auth/access-keys.js';
import { assertExposure } from '../auth/assert-exposure.js';
import { inferenceRule, isOpenRoute, isPageRoute, managementRule, type RouteRule } from '../auth/permission.js';
import { listenAddress, type ListenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings.js';
import type { ErrorAnswers } from './error-answers.js';
import { boundConnections } from './bound-connections.js';
import { BrokenRequests } from './broken-requests.js';
import { limitsOf, type IntakeLimits } from './limits.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { tlsFor, type TlsCertificate } from './tls.js';

/** ms between two looks for clients that are too slow. */
const lookForSlowMs = 1_000;

export interface IntakeOptions {
  readonly limits: IntakeLimits;
  readonly rule: RouteRule;
  readonly inFlight: RequestsInFlight;
  /** Nobody is asked for a key without them. */
  readonly keys?: AccessKeys;
  /** Speaks TLS with it, plain HTTP without. */
  readonly tls?: TlsCertificate;
}

/** All that stands between a server's port and its routes: who gets in, over what, and how much at once. */
export class Intake {
  private readonly broken: BrokenRequests;

  constructor(readonly options: IntakeOptions) {
    this.broken = new BrokenRequests(options.limits);
  }

  /** The requests that count against the server's limit; its routes admit them. */
  get inFlight(): RequestsInFlight {
    return this.options.inFlight;
  }

  get keys(): AccessKeys | undefined {
    return this.options.keys;
  }

  /** What Fastify must be created with. */
  get serverOptions(): Pick<
    FastifyServerOptions,
    'serverFactory' | 'clientErrorHandler' | 'return503OnClosing' | 'forceCloseConnections'
  > {
    return {
      serverFactory: (handler) => this.createServer(handler),
      clientErrorHandler: (error, socket) => this.broken.answer(error, socket),
      // A request that comes on a kept-alive connection while the server stops is answered, and its connection closed.
      return503OnClosing: false,
      forceCloseConnections: 'idle',
    };
  }

  /** The address of a listening server: Fastify cannot know that one that it has not made speaks TLS. */
  urlOf(address: string): string {
    return this.options.tls === undefined ? address : address.replace(/^http:/, 'https:');
  }

  /**
   * Checks every request of the server, those to routes that are added later or do not exist included. Must be called
   * before any part of the server is registered.
   */
  guard(fastify: FastifyInstance, errors: ErrorAnswers): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const refusal = this.refusalOf(request);
      if (refusal === undefined) return done();
      if (mayAskUser(request)) void reply.header('www-authenticate', 'Basic realm="Torchweave", charset="UTF-8"');
      // Answered here: a part of the server may have an error handler of its own, which knows nothing of this.
      errors.answer(refusal, request, reply);
    });
  }

  /** Why a request is not let in; undefined when it is. For those, too, that the framework refuses before any hook. */
  refusalOf(request: FastifyRequest): TorchweaveError | undefined {
    return this.excess(request) ?? this.strangerAt(request);
  }

  /** Counts the requests to which it applies against the server's limit. */
  limit(fastify: FastifyInstance, errors: ErrorAnswers, applies: (request: FastifyRequest) => boolean): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (!applies(request) || this.inFlight.admits(reply.raw)) return done();
      errors.answer(this.inFlight.excess, request, reply);
    });
  }

  private strangerAt(request: FastifyRequest): TorchweaveError | undefined {
    const { method, routeOptions, headers } = request;
    const { keys, rule } = this.options;
    // Of the route, not of the address: what is spelt in another way is another route, or none, and so closed.
    const { url } = routeOptions;
    if (keys === undefined || isOpenRoute(method, url)) return undefined;
    return keys.refusal(headers.authorization, rule(method, url), mayAskUser(request));
  }

  private excess({ raw }: FastifyRequest): TorchweaveError | undefined {
    const { urlLength, headerCount, headerSize } = this.options.limits;
    if ((raw.url ?? '').length > urlLength) return new TorchweaveError('urlTooLong', { limitBytes: urlLength });
    if (raw.rawHeaders.length > 2 * headerCount) {
      return new TorchweaveError('headersTooLarge', { limitBytes: headerSize, limitCount: headerCount });
    }
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return undefined;
    return new TorchweaveError('requestMalformed', { reason: 'it names no host' });
  }

  private createServer(handler: RequestListener): Server {
    const { limits, tls } = this.options;
    const { headersTimeout, requestTimeout, keepAliveTimeout } = limits;
    const options = {
      ...{ headersTimeout, requestTimeout, keepAliveTimeout },
      maxHeaderSize: limits.headerSize,
      connectionsCheckingInterval: lookForSlowMs,
      // Node's own refusal has no body.
      requireHostHeader: false,
    };
    const server =
      tls === undefined ? createServer(options, handler) : createSecureServer({ ...options, ...tls }, handler);
    boundConnections(server, limits.connections);
    // Node drops what is beyond in silence: one more, so that it is seen.
    server.maxHeadersCount = limits.headerCount + 1;
    // Node would answer an unknown expectation by itself, past every check.
    server.on('checkExpectation', handler);
    this.broken.watch(server);
    return server;
  }
}

/**
 * Whether a browser may ask its user for a key. It sends the password with every request that any page makes it send here, so
 * what changes something must come from this server's own pages.
 */
function mayAskUser({ method, routeOptions, headers }: FastifyRequest): boolean {
  if (!isPageRoute(routeOptions.url)) return false;
  if (method === 'GET' || method === 'HEAD') return true;
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

/**
 * Reads from the settings where a server listens and what it lets in.
 *
 * @throws TorchweaveError `configurationInvalid` for an address beyond this machine without keys, a key file or a
 * certificate that cannot be used.
 */
export async function openIntake(
  settings: Settings,
  api: 'management' | 'inference',
  logger: Logger,
): Promise<{ readonly listen: ListenAddress; readonly intake: Intake }> {
  const isManagement = api === 'management';
  const [address, port] = isManagement
    ? [settings.managementAddress, settings.managementPort]
    : [settings.inferenceAddress, settings.inferencePort];
  const setting = `${api}_address`;
  const listen = listenAddress(address, port);
  await assertExposure(settings, setting, listen);
  const tls = tlsFor(address, setting, settings);
  const { keyFile: file, tokenExpirationMin: expirationMin } = settings;
  const intake = new Intake({
    limits: limitsOf(settings),
    rule: isManagement ? managementRule : inferenceRule,
    inFlight: isManagement
      ? new RequestsInFlight('operations that are waited for', settings.maxWaitingOperations)
      : new RequestsInFlight('predictions under way', settings.maxInFlight),
    ...(file === undefined ? {} : { keys: AccessKeys.open({ file, expirationMin, logger }) }),
    ...(tls === undefined ? {} : { tls }),
  });
  return { listen, intake };
}
