import type { Logger, RoutingTable, RunWorkflow } from '@torchweave/application';
import { ErrorAnswers, followTorchServe, requestIdOf } from '@torchweave/platform';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { inferenceOpenApi } from './http/openapi.js';
import { PredictRoute } from './http/predict-route.js';
import { unroutedError } from './http/unrouted.js';

export interface GatewayServerOptions {
  readonly table: RoutingTable;
  readonly runner: RunWorkflow;
  readonly logger: Logger;
  /** bytes. */
  readonly maxRequestSize: number;
}

const everyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;

/**
 * The inference API, straight on Fastify: a prediction passes no pipeline that it does not need. It does not listen yet.
 */
export function createGatewayServer(options: GatewayServerOptions): FastifyInstance {
  const errors = new ErrorAnswers(options);
  const server = fastify({
    bodyLimit: options.maxRequestSize,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    genReqId: (request) => requestIdOf(request.headers),
    frameworkErrors: (error, request, reply) => errors.answer(error, request, reply),
    exposeHeadRoutes: false,
    // Requests under way are finished; kept-alive connections without one are closed.
    forceCloseConnections: 'idle',
    requestIdHeader: false,
  });
  followTorchServe(server);
  server.setErrorHandler((error, request, reply) => errors.answer(error, request, reply));
  server.setNotFoundHandler((request, reply) => errors.answer(unroutedError(request.url), request, reply));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const healthy = { status: 'Healthy' };
  server.route({ method: [...everyMethod], url: '/ping', handler: () => healthy });
  server.get('/health/live', () => healthy);
  server.get('/health/ready', () => healthy);
  server.options('/', () => inferenceOpenApi);

  const predict = new PredictRoute(options.table, options.runner);
  for (const url of ['/wfpredict/:name', '/wfpredict/:name/*']) {
    server.route<{ Params: { name: string } }>({
      method: [...everyMethod],
      url,
      handler: (request: FastifyRequest<{ Params: { name: string } }>, reply) => predict.handle(request, reply),
    });
  }
  return server;
}
