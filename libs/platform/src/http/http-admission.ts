import type { AuditTrail, Logger } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import { Admission } from '../admission/admission.js';
import { AccessKeys } from '../auth/access-keys.js';
import { assertExposure } from '../auth/assert-exposure.js';
import { sessionTokenIn, type PageSessions } from '../auth/page-sessions.js';
import { inferenceRule, isOpenRoute, isPageRoute, managementRule } from '../auth/permission.js';
import type { Permission, RouteRule } from '../auth/permission.js';
import { listenAddress, type ListenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings/settings.js';
import { Audit } from './audit.js';
import { pagePath } from '../routes/routes.js';
import { BodyBudget } from './body-budget.js';
import { BrokenRequests } from './broken-requests.js';
import { Cors } from './cors.js';
import type { ErrorAnswers } from './error-answers.js';
import {
  comesFromOwnPage,
  foreignHost,
  foreignRefusal,
  isOwnOrigin,
  isPreflight,
  type SiteRule,
} from './foreign-requests.js';
import { createHttpServer, excessOf } from './http-server.js';
import { limitsOf, type HttpLimits } from './limits.js';
import { siteRule } from './site-rule.js';
import { tlsFor, type TlsCertificate } from './tls.js';

export interface HttpAdmissionOptions {
  readonly limits: HttpLimits;
  readonly rule: RouteRule;
  readonly admission: Admission<ServerResponse>;
  /** Speaks TLS with it, plain HTTP without. */
  readonly tls?: TlsCertificate;
  /** What pages of other origins may do, and what all answers tell of that. */
  readonly cors?: Cors;
  /** Which requests are let in without keys; all are without it. */
  readonly site?: SiteRule;
  /** The bytes of bodies under way; without it they are bounded singly alone. */
  readonly bodies?: BodyBudget;
  /** Where it is told who was not let in, and who changed what; nowhere without it. */
  readonly audit?: Audit;
}

/** Who sends a request, and why it is not let in where it is not. */
interface Identified {
  readonly holder?: string;
  readonly refusal?: TorchweaveError | undefined;
}

/** All that stands between a server's port and its routes: who gets in, over what, and how much at once. */
export class HttpAdmission {
  private readonly broken: BrokenRequests;
  private readonly vouched = new WeakSet<IncomingMessage>();
  private isAudited = false;
  private sessions: PageSessions | undefined;

  constructor(readonly options: HttpAdmissionOptions) {
    this.broken = new BrokenRequests(options.limits);
  }

  get keys(): AccessKeys | undefined {
    return this.options.admission.keys;
  }

  /** Lets whoever has signed in on the operator's page in by their session, beside keys. */
  admitSessions(sessions: PageSessions): void {
    this.sessions = sessions;
  }

  /** Whether whoever sends a request may do that, too, beside what its route is for. Without keys everybody may. */
  permits({ raw, headers: { authorization } }: FastifyRequest, permission: Permission): boolean {
    if (this.vouched.has(raw)) return true;
    return this.options.admission.permit({ authorization }, [permission]).refusal === undefined;
  }

  /** Lets a request in that another of our processes has let in, and that came by no connection of a client. */
  vouch(request: IncomingMessage): void {
    this.vouched.add(request);
  }

  /** Whether a request comes from a page of this server, as far as its browser says. */
  isOwnPage(request: FastifyRequest): boolean {
    return comesFromOwnPage(request, this.isSecure);
  }

  /** Whether a browser came by TLS: to this server, or to what stands before it. */
  isByTls({ headers }: FastifyRequest): boolean {
    return this.isSecure || headers.origin?.startsWith('https:') === true;
  }

  /** Has the audit name who sent a request, or why they were not let in. */
  note({ raw }: FastifyRequest, { holder, refusal }: Identified): void {
    const { audit } = this.options;
    if (refusal !== undefined) audit?.refused(raw, refusal, holder);
    else if (holder !== undefined && this.isAudited) audit?.holds(raw, holder);
  }

  /** Counts a request until its answer is sent or its client is gone; its error where there are too many. */
  count(answer: ServerResponse): TorchweaveError | undefined {
    const { admission } = this.options;
    if (!admission.count(answer)) return admission.excess;
    answer.once('close', () => admission.release(answer));
    return undefined;
  }

  /** Takes an answer that never ends by itself out of those that have to be received in time. */
  spare(answer: ServerResponse): void {
    this.broken.spare(answer);
  }

  /** Has every connection closed with the answer that is under way on it. */
  drain(): void {
    this.options.admission.drain((answer) => (answer.shouldKeepAlive = false));
  }

  /** What Fastify must be created with. */
  get serverOptions(): Pick<
    FastifyServerOptions,
    'serverFactory' | 'clientErrorHandler' | 'return503OnClosing' | 'forceCloseConnections'
  > {
    return {
      serverFactory: (handler) => createHttpServer({ ...this.options, broken: this.broken }, handler),
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
      const settle = (refusal: unknown): void => {
        if (refusal !== undefined) {
          if (mayAskUser(request, this.isSecure))
            void reply.header('www-authenticate', 'Basic realm="Torchweave", charset="UTF-8"');
          // Answered here: a part of the server may have an error handler of its own, which knows nothing of this.
          errors.answer(refusal, request, reply);
        } else if (isPreflight(request.raw)) void reply.status(204).send();
        else done();
      };
      const session = this.sessionIn(request);
      if (session === undefined) return settle(this.refusalOf(request));
      void this.refusalOfSession(request, session).then(settle, settle);
    });
  }

  /** Has every request that may change something told, with the key that it came with. Must be called after {@link guard}. */
  auditChanges(fastify: FastifyInstance): void {
    this.isAudited = true;
    this.options.audit?.changes(fastify);
  }

  /** Has what is told of changes, and of who was not let in, kept in a trail. */
  keepAudit(trail: Pick<AuditTrail, 'append'>): void {
    this.options.audit?.keepIn(trail);
  }

  /** The name of the key that a request came with, where changes are audited; undefined where nobody is asked for keys. */
  holderOf(request: FastifyRequest): string | undefined {
    return this.options.audit?.holderOf(request.raw);
  }

  /**
   * Answers requests that no route takes before their bodies are read: those count against no limit. What comes of a body is read
   * to nowhere. Must be called after {@link guard}.
   */
  refuseUnrouted(fastify: FastifyInstance, errors: ErrorAnswers, unrouted: (url: string) => TorchweaveError): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (!request.is404) return done();
      errors.answer(unrouted(request.url), request, reply);
    });
  }

  /** Bounds the bytes of all bodies that are under way at once; `isStreamed` is true of requests whose bodies are not held in memory. */
  limitBodies(
    fastify: FastifyInstance,
    maxRequestSize: number,
    isStreamed: (request: FastifyRequest) => boolean = () => false,
  ): void {
    const { bodies } = this.options;
    if (bodies === undefined) return;
    fastify.addHook('preParsing', (request, reply, payload, done) => {
      const hasRoom = isStreamed(request) || bodies.admits(request.raw, payload, reply.raw, maxRequestSize);
      done(hasRoom ? null : bodies.excess);
    });
  }

  /** Why a request is not let in; undefined when it is. For those, too, that the framework refuses before any hook. */
  refusalOf(request: FastifyRequest): TorchweaveError | undefined {
    return excessOf(request.raw, this.options.limits) ?? this.identityRefusal(request);
  }

  /** Counts the requests to which it applies against the server's limit. */
  limit(fastify: FastifyInstance, errors: ErrorAnswers, applies: (request: FastifyRequest) => boolean): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const excess = applies(request) ? this.count(reply.raw) : undefined;
      if (excess === undefined) return done();
      errors.answer(excess, request, reply);
    });
  }

  private get isSecure(): boolean {
    return this.options.tls !== undefined;
  }

  private identityRefusal(request: FastifyRequest): TorchweaveError | undefined {
    const { method, routeOptions, headers, raw } = request;
    if (this.vouched.has(raw)) return undefined;
    const { admission, rule, site, cors } = this.options;
    const { keys } = admission;
    // Of the route, not of the address: what is spelt in another way is another route, or none, and so closed.
    const { url } = routeOptions;
    if (isOpenRoute(method, url)) {
      // Of the operator's page as well nothing is for pages of other sites where nobody is asked for a key.
      return isOfPage(url) && keys === undefined && site !== undefined ? foreignRefusal(raw, site) : undefined;
    }
    // A browser asks before it sends anything, without a key. What may follow is asked for its own.
    if (cors?.admits(headers.origin) === true && isPreflight(raw)) {
      return keys === undefined && site !== undefined ? foreignHost(raw, site) : undefined;
    }
    const check =
      keys === undefined
        ? { refusal: site === undefined ? undefined : foreignRefusal(raw, site) }
        : admission.permit(
            { authorization: headers.authorization, mayBePassword: mayAskUser(request, this.isSecure) },
            rule(method, url),
          );
    this.note(request, check);
    return check.refusal;
  }

  /** The session that a request of a page of ours brings instead of a key, where one is asked for. */
  private sessionIn(request: FastifyRequest): string | undefined {
    const { method, routeOptions, headers } = request;
    if (this.sessions === undefined || headers.authorization !== undefined) return undefined;
    const token = sessionTokenIn(headers.cookie);
    if (token === undefined || isOpenRoute(method, routeOptions.url)) return undefined;
    return comesFromOwnPage(request, this.isSecure) ? token : undefined;
  }

  private async refusalOfSession(request: FastifyRequest, token: string): Promise<TorchweaveError | undefined> {
    const excess = excessOf(request.raw, this.options.limits);
    if (excess !== undefined) return excess;
    const wanted = this.options.rule(request.method, request.routeOptions.url);
    const check: Identified = (await this.sessions?.check(token, wanted)) ?? {};
    this.note(request, check);
    return check.refusal;
  }
}

/**
 * Whether a browser may ask its user for a key. It sends the password with every request that any page makes it send here, so
 * what changes something must come from this server's own pages.
 */
function mayAskUser({ method, routeOptions, headers }: FastifyRequest, isSecure: boolean): boolean {
  if (!isPageRoute(routeOptions.url)) return false;
  if (method === 'GET' || method === 'HEAD') return true;
  const { origin, host = '', 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || isOwnOrigin(origin, host, isSecure);
}

/**
 * Reads from the settings where a server listens and what it lets in.
 *
 * @throws TorchweaveError `configurationInvalid` for an address beyond this machine without keys, a key file or a
 * certificate that cannot be used.
 */
export async function openAdmission(
  settings: Settings,
  api: 'management' | 'inference',
  logger: Logger,
): Promise<{ readonly listen: ListenAddress; readonly admission: HttpAdmission }> {
  const isManagement = api === 'management';
  const [address, port] = isManagement
    ? [settings.managementAddress, settings.managementPort]
    : [settings.inferenceAddress, settings.inferencePort];
  const setting = `${api}_address`;
  const listen = listenAddress(address, port);
  await assertExposure(settings, setting, listen);
  const tls = tlsFor(address, setting, settings);
  const cors = Cors.of(settings);
  const { keyFile: file, tokenExpirationMin: expirationMin } = settings;
  if (cors?.isForAll === true) tellOfAnyOrigin(logger, api, file !== undefined);
  const admission = new HttpAdmission({
    limits: limitsOf(settings),
    rule: isManagement ? managementRule : inferenceRule,
    admission: new Admission({
      ...(isManagement
        ? { what: 'operations that are waited for', limit: settings.maxWaitingOperations }
        : { what: 'predictions under way', limit: settings.maxInFlight }),
      keys: file === undefined ? undefined : AccessKeys.open({ file, expirationMin, logger }),
    }),
    // One body always has room.
    bodies: new BodyBudget(Math.max(settings.maxBodyBytes, settings.maxRequestSize)),
    audit: new Audit(logger),
    ...(file === undefined
      ? { site: await siteRule(settings, listen, { cors, tls, admitsAll: !isManagement && cors?.isForAll === true }) }
      : {}),
    ...(tls === undefined ? {} : { tls }),
    ...(cors === undefined ? {} : { cors }),
  });
  return { listen, admission };
}

function tellOfAnyOrigin(logger: Logger, api: 'management' | 'inference', hasKeys: boolean): void {
  const setting = { cors_allowed_origin: '*' };
  if (api === 'inference' && !hasKeys) logger.warn(setting, 'web pages of any origin may run workflows here');
  if (api === 'management' && !hasKeys)
    logger.warn(setting, 'for web pages of any origin this is the inference API alone, as nobody is asked for keys');
}

const isOfPage = (url = ''): boolean => url === pagePath || url.startsWith(`${pagePath}/`);
