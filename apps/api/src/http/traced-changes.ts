import type { ChangeTelemetry, TraceContext } from '@torchweave/application';
import { noteTrace } from '@torchweave/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';

const lookingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Has requests that change something traced, and knows which of them is being answered: a job that it leaves goes on with its trace. */
export class ChangesUnderWay {
  private readonly traces = new WeakMap<FastifyRequest, TraceContext>();
  private readonly underWay = new AsyncLocalStorage<TraceContext>();

  constructor(private readonly telemetry: ChangeTelemetry) {}

  /** Of the request that is being answered. */
  get trace(): TraceContext | undefined {
    return this.underWay.getStore();
  }

  /** Of every request that is let in and may change something. What only looks has no trace: probes and pages do so all the time. */
  observe(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const { url: route } = request.routeOptions;
      if (route !== undefined && !lookingMethods.has(request.method)) this.begin(route, request, reply);
      done();
    });
    // Where the body has been read: what reads it calls back from elsewhere.
    fastify.addHook('preHandler', (request, _reply, done) => {
      const trace = this.traces.get(request);
      if (trace === undefined) done();
      else this.underWay.run(trace, done);
    });
  }

  private begin(route: string, request: FastifyRequest, { raw }: FastifyReply): void {
    const { method, id: requestId, headers } = request;
    const span = this.telemetry.changeStarted({ method, route, requestId, headers });
    this.traces.set(request, span.trace);
    noteTrace(request.raw, span.trace.traceparent.split('-')[1] ?? '');
    raw.once('close', () => span.ended(raw.writableFinished ? raw.statusCode : undefined));
  }
}
