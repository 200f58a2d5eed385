import type { FastifyInstance } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import { jobBuckets } from './buckets.js';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times every answer of the server by its route's pattern, never by its path. */
export function observeHttp(fastify: FastifyInstance, registry: Registry): void {
  const registers = [registry];
  const requests = new Counter({
    name: 'torchweave_http_requests_total',
    help: 'Requests to the management API that have been answered.',
    labelNames: ['route', 'method', 'status'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'torchweave_http_request_duration_seconds',
    help: 'Time from a request to the management API to its answer; a synchronous registration waits for its end.',
    labelNames: ['route', 'method'] as const,
    buckets: jobBuckets,
    registers,
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const method = methods.has(request.method) ? request.method : 'other';
    requests.inc({ route, method, status: reply.statusCode });
    duration.observe({ route, method }, reply.elapsedTime / 1_000);
    done();
  });
}
