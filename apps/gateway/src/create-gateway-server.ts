import type {
  Logger,
  RequestSpan,
  RequestTelemetry,
  RoutingTable,
  RunWorkflow,
  ShadowRuns,
} from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import {
  ErrorAnswers,
  followTorchServe,
  inferenceRoutes,
  noteTrace,
  serverOptions,
  type HttpAdmission,
  type InferencePath,
} from '@torchweave/platform';
import { fastify, type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify';
import type { RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import { createInferenceOpenApi } from './http/openapi.js';
import { answeringVersion, PredictRoute } from './http/predict-route.js';
import { releasePieces } from './http/release-pieces.js';
import { unroutedError } from './http/unrouted.js';
import { endWithResponse } from './end-with-response.js';
import type { WatchedVersions } from './watched-versions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a prediction that somebody observes. */
    span: RequestSpan | undefined;
  }
}

export interface GatewayServerOptions {
  readonly table: RoutingTable;
  readonly runner: RunWorkflow;
  readonly logger: Logger;
  /** bytes. */
  readonly maxRequestSize: number;
  /** Who observes predictions, where anybody does. */
  readonly telemetry?: RequestTelemetry | undefined;
  /** Who reports on versions that updates watch; without it, nobody does. */
  readonly watched?: Pick<WatchedVersions, 'observe'>;
  /** Who copies requests to other versions; without it, nobody does. */
  readonly shadows?: Pick<ShadowRuns, 'take'>;
  /** Who gets in, and how much at once; without it, everybody and everything. */
  readonly admission?: HttpAdmission;
  /** Whether functions and models see Authorization and Cookie. Default: only where nobody needs a key. */
  readonly forwardsCredentials?: boolean | undefined;
  /** Why the gateway wants no new requests, where it wants none. */
  readonly unreadiness: () => TorchweaveError | undefined;
}

interface PredictionRoute {
  Params: { name: string; '*'?: string };
}
type PredictionRequest = FastifyRequest<PredictionRoute>;

/** What a route does. */
type Way = Pick<
  RouteOptions<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, PredictionRoute>,
  'handler' | 'onRequest'
>;

/**
 * The inference API, straight on Fastify: a prediction passes no pipeline that it does not need. It does not listen yet.
 */
export function createGatewayServer(options: GatewayServerOptions): FastifyInstance {
  const errors = new ErrorAnswers({ ...options, factsOf: answeringVersion });
  const { admission, telemetry } = options;
  const server = fastify(serverOptions(options.maxRequestSize, errors, admission));
  // As TorchServe does: a body is the input, whatever the method.
  for (const method of ['GET', 'HEAD']) server.addHttpMethod(method, { hasBody: true, overrideExisting: true });
  admission?.guard(server, errors);
  admission?.refuseUnrouted(server, errors, unroutedError);
  admission?.limitBodies(server, options.maxRequestSize);
  followTorchServe(server);
  server.decorateRequest('span', undefined);
  server.setErrorHandler((error, request, reply) => {
    const told = errors.answer(isOfNoRoute(error, request) ? unroutedError(request.url) : error, request, reply);
    request.span?.failed(told);
  });
  server.setNotFoundHandler((request, reply) => errors.answer(unroutedError(request.url), request, reply));
  releasePieces(server, options.maxRequestSize);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const healthy = { status: 'Healthy' };
  const document = createInferenceOpenApi(admission?.keys !== undefined);
  const { table, runner, maxRequestSize, forwardsCredentials = admission?.keys === undefined } = options;
  const { watched, shadows } = options;
  const predict = new PredictRoute({ table, runner, maxRequestSize, forwardsCredentials, watched, shadows });
  const prediction: Way = {
    onRequest: (request, reply, done) => {
      request.span = telemetry?.requestStarted({
        workflow: request.params.name,
        requestId: request.id,
        method: request.method,
        route: '/wfpredict/:name',
        headers: request.headers,
        isAsked: asksToKeep(request, admission),
      });
      if (request.span !== undefined) {
        endWithResponse(request.span, reply.raw);
        const { traceId } = request.span;
        if (traceId !== undefined) noteTrace(request.raw, traceId);
      }
      done(admission?.count(reply.raw));
    },
    handler: (request: PredictionRequest, reply) => predict.handle(request, reply),
  };
  const ways: Readonly<Record<InferencePath, Way>> = {
    '/': { handler: () => document },
    '/ping': { handler: () => healthy },
    '/wfpredict/:name': prediction,
    '/wfpredict/:name/*': prediction,
    '/health/live': { handler: () => healthy },
    '/health/ready': {
      handler: () => {
        const reason = options.unreadiness();
        if (reason !== undefined) throw reason;
        return healthy;
      },
    },
  };
  for (const { path, methods } of inferenceRoutes)
    server.route<PredictionRoute>({ method: [...methods], url: path, ...ways[path] });
  return server;
}

/** Who may not look at what is kept may not have it kept either; their header counts for nothing. */
const asksToKeep = (request: FastifyRequest, admission: HttpAdmission | undefined): boolean =>
  request.headers['x-torchweave-keep'] === '1' && (admission?.permits(request, 'read') ?? true);

/** A method that no route takes may be refused for its body before that is found out. */
const isOfNoRoute = (error: unknown, request: FastifyRequest): boolean =>
  request.is404 && error instanceof Error && 'code' in error && error.code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE';
