import type { Logger, RoutingTable, RunWorkflow } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import {
  ErrorAnswers,
  followTorchServe,
  serverOptions,
  type HttpAdmission,
  type WorkflowMetrics,
} from '@torchweave/platform';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { createInferenceOpenApi } from './http/openapi.js';
import { PredictRoute } from './http/predict-route.js';
import { releasePieces } from './http/release-pieces.js';
import { anyMethod, unroutedError } from './http/unrouted.js';
import { measureRequest } from './measure-request.js';

export interface GatewayServerOptions {
  readonly table: RoutingTable;
  readonly runner: RunWorkflow;
  readonly logger: Logger;
  /** bytes. */
  readonly maxRequestSize: number;
  readonly metrics: WorkflowMetrics;
  /** Who gets in, and how much at once; without it, everybody and everything. */
  readonly admission?: HttpAdmission;
  /** Whether functions and models see Authorization and Cookie. Default: only where nobody needs a key. */
  readonly forwardsCredentials?: boolean | undefined;
  /** Why the gateway wants no new requests, where it wants none. */
  readonly unreadiness: () => TorchweaveError | undefined;
}

interface PredictionRoute {
  Params: { name: string };
}
type PredictionRequest = FastifyRequest<PredictionRoute>;

/**
 * The inference API, straight on Fastify: a prediction passes no pipeline that it does not need. It does not listen yet.
 */
export function createGatewayServer(options: GatewayServerOptions): FastifyInstance {
  const errors = new ErrorAnswers(options);
  const { admission } = options;
  const server = fastify(serverOptions(options.maxRequestSize, errors, admission));
  // As TorchServe does: a body is the input, whatever the method.
  for (const method of ['GET', 'HEAD']) server.addHttpMethod(method, { hasBody: true, overrideExisting: true });
  admission?.guard(server, errors);
  admission?.refuseUnrouted(server, errors, unroutedError);
  admission?.limitBodies(server, options.maxRequestSize);
  followTorchServe(server);
  server.setErrorHandler((error, request, reply) => {
    const told = errors.answer(isOfNoRoute(error, request) ? unroutedError(request.url) : error, request, reply);
    if (isPrediction(request)) options.metrics.requestFailed(request.params.name, told);
  });
  server.setNotFoundHandler((request, reply) => errors.answer(unroutedError(request.url), request, reply));
  releasePieces(server, options.maxRequestSize);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const healthy = { status: 'Healthy' };
  server.route({ method: [...anyMethod], url: '/ping', handler: () => healthy });
  server.get('/health/live', () => healthy);
  server.get('/health/ready', () => {
    const reason = options.unreadiness();
    if (reason !== undefined) throw reason;
    return healthy;
  });
  const document = createInferenceOpenApi(admission?.keys !== undefined);
  server.options('/', () => document);

  const { table, runner, maxRequestSize, forwardsCredentials = admission?.keys === undefined } = options;
  const predict = new PredictRoute({ table, runner, maxRequestSize, forwardsCredentials });
  for (const url of ['/wfpredict/:name', '/wfpredict/:name/*']) {
    server.route<PredictionRoute>({
      method: [...anyMethod],
      url,
      onRequest: (request, reply, done) => {
        measureRequest(options.metrics, request.params.name, reply.raw);
        done(admission?.count(reply.raw));
      },
      handler: (request: PredictionRequest, reply) => predict.handle(request, reply),
    });
  }
  return server;
}

/** A method that no route takes may be refused for its body before that is found out. */
const isOfNoRoute = (error: unknown, request: FastifyRequest): boolean =>
  request.is404 && error instanceof Error && 'code' in error && error.code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE';

function isPrediction(request: FastifyRequest): request is PredictionRequest {
  return typeof request.params === 'object' && request.params !== null && 'name' in request.params;
}
