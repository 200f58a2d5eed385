import type { AuditEntry, AuditTrail, Logger } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { traceFields } from './trace-ids.js';

/** Lines on refused requests in each {@link windowMs}; more are counted alone. */
const mostRefused = 20;
/** ms. */
const windowMs = 60_000;
/** Characters of what a client says. */
const mostQuoted = 200;

const lookingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Log lines on who changed what from where, and on who was not let in, told by `audit`, which is `change` or `refused`; and the same
 * in a trail, where there is one.
 */
export class Audit {
  private refusedInWindow = 0;
  private trail: Pick<AuditTrail, 'append'> | undefined;
  private readonly holders = new WeakMap<IncomingMessage, string>();

  /** @param logger where the lines go, none of which holds a key. */
  constructor(private readonly logger: Logger) {}

  /** Has all that is told kept there, too. No request waits for it: of what cannot be kept the line in the log is the record. */
  keepIn(trail: Pick<AuditTrail, 'append'>): void {
    this.trail = trail;
  }

  /** Notes the name of the key that a request was let in with. */
  holds(request: IncomingMessage, holder: string): void {
    this.holders.set(request, holder);
  }

  /** The name of the key that a request was let in with; undefined where nobody is asked for keys. */
  holderOf(request: IncomingMessage): string | undefined {
    return this.holders.get(request);
  }

  /** Tells of a refused request; of a flood the beginning, and how many there were. */
  refused(request: IncomingMessage, error: TorchweaveError, holder?: string): void {
    this.refusedInWindow += 1;
    if (this.refusedInWindow === 1) setTimeout(() => this.endWindow(), windowMs).unref();
    if (this.refusedInWindow > mostRefused) return;
    const reason = 'reason' in error.data ? { reason: error.data.reason } : {};
    const event = { ...doer(request, holder), status: error.status, code: error.code, ...reason };
    this.logger.warn({ audit: 'refused', ...event }, 'a request was not let in');
    this.keep({ kind: 'refused', ...doer(request, holder), status: error.status, code: error.code });
  }

  /** Tells of every request to the server that may change something, once it is answered or its client is gone. */
  changes(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const { url } = request.routeOptions;
      const isChange = url !== undefined && (!lookingMethods.has(request.method) || url === '/token');
      if (isChange) reply.raw.once('close', () => this.changed(request, reply));
      done();
    });
  }

  private changed(request: FastifyRequest, reply: FastifyReply): void {
    const { raw, id: requestId } = request;
    const operationId = reply.getHeader('operation-id');
    const outcome = reply.raw.writableFinished ? { status: reply.statusCode } : { outcome: 'the client hung up' };
    const event = {
      ...doer(raw, this.holderOf(raw)),
      ...subjectOf(request),
      ...outcome,
      ...(operationId === undefined ? {} : { operationId: String(operationId) }),
      requestId,
    };
    this.logger.info({ audit: 'change', ...event, ...traceFields(raw) }, 'a change was asked for');
    const { outcome: _, ...entry } = { outcome: undefined, ...event };
    this.keep({ kind: 'change', ...entry });
  }

  private keep(entry: Omit<AuditEntry, 'at'>): void {
    this.trail
      ?.append({ at: new Date().toISOString(), ...entry })
      .catch((error: unknown) => this.logger.debug({ err: error }, 'an entry of the audit cannot be kept'));
  }

  private endWindow(): void {
    const more = this.refusedInWindow - mostRefused;
    this.refusedInWindow = 0;
    if (more <= 0) return;
    const event = { audit: 'refused', more, seconds: windowMs / 1_000 };
    this.logger.warn(event, 'further requests were not let in');
  }
}

type Doer = Pick<AuditEntry, 'key' | 'from' | 'forwardedFor' | 'method' | 'path'>;

/** Who does what, from where. What stands in `forwardedFor` is the client's or a proxy's own word. */
function doer({ method, url, socket, headers }: IncomingMessage, holder: string | undefined): Doer {
  const { 'x-forwarded-for': forwarded } = headers;
  return {
    ...(holder === undefined ? {} : { key: holder.slice(0, mostQuoted) }),
    ...(socket.remoteAddress === undefined ? {} : { from: socket.remoteAddress }),
    ...(forwarded === undefined ? {} : { forwardedFor: String(forwarded).slice(0, mostQuoted) }),
    method: method ?? '',
    path: withoutQuery(url ?? ''),
  };
}

/** The workflow and the archive that a request names: never a query of its URL, which may be a signature. */
function subjectOf({ params, body }: FastifyRequest): Pick<AuditEntry, 'workflow' | 'archive'> {
  const named = { ...(isRecord(params) ? params : {}), ...(isRecord(body) ? body : {}) };
  const workflow = named['workflow_name'] ?? named['name'];
  const { url } = named;
  return {
    ...(typeof workflow === 'string' ? { workflow: workflow.slice(0, mostQuoted) } : {}),
    ...(typeof url === 'string' ? { archive: withoutQuery(url.replace(/\/\/[^/@]*@/, '//')) } : {}),
  };
}

const withoutQuery = (url: string): string => (url.split(/[?#]/, 1)[0] ?? '').slice(0, mostQuoted);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
