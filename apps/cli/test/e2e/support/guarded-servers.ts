import { RedisLink } from '@torchweave/redis-client';
import { createApiServer, EventStreams, tellOf } from '@torchweave/api';
import {
  ModelServerFleet,
  Observation,
  RoutingTable,
  RunWorkflow,
  silentLogger,
  WorkflowManagement,
} from '@torchweave/application';
import { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import { createGatewayServer } from '@torchweave/gateway';
import {
  type ErrorAnswers,
  HttpAdmission,
  type HttpAdmissionOptions,
  PageSessions,
  readPage,
} from '@torchweave/platform';
import {
  RedisAuditTrail,
  RedisConnection,
  RedisGatewayRegistry,
  RedisKeptRequests,
  RedisGatewayTries,
  RedisLiveHistory,
  RedisLiveReports,
  RedisModelReports,
  RedisSessionStore,
  RedisStateProbe,
  RedisWorkflowState,
  RedisWorkflowVersions,
} from '@torchweave/redis-workflow-state';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import { TestRedis } from '@torchweave/testing/redis';
import type { FastifyInstance } from 'fastify';

/** A route as the framework itself tells it when it is registered. */
interface FoundRoute {
  readonly method: string;
  /** A path that the route takes, its parameters filled in. */
  readonly path: string;
}

/** An admission that notes every route of the server that it guards. */
class WatchingAdmission extends HttpAdmission {
  readonly routes: FoundRoute[] = [];

  override guard(fastify: FastifyInstance, errors: ErrorAnswers): void {
    fastify.addHook('onRoute', ({ method, url }) => {
      const path = url.replace(/:[^/]+/g, 'x').replace(/\*/g, 'x');
      for (const one of Array.isArray(method) ? method : [method]) this.routes.push({ method: one, path });
    });
    super.guard(fastify, errors);
  }
}

/** A server that listens, and all routes that it has. */
export interface GuardedServer {
  readonly address: string;
  readonly routes: readonly FoundRoute[];
  close(): Promise<unknown>;
}

const maxRequestSize = 10_000;

/** The management API with its board and its page on a Redis of its own. */
export async function startGuardedApi(options: HttpAdmissionOptions): Promise<GuardedServer> {
  const redis = await TestRedis.start();
  const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
  await connection.open();
  const jobs = await BullMqJobQueue.open({
    redis: new RedisLink(redis.url, silentLogger),
    namespace: 'guarded',
    logger: silentLogger,
  });
  const admission = new WatchingAdmission(options);
  const state = new RedisWorkflowState(connection, 'guarded');
  const gateways = new RedisGatewayRegistry(connection, 'guarded', 1_000);
  const tries = new RedisGatewayTries(connection, 'guarded');
  const observation = new Observation({
    ...{ state, jobs, versions: new RedisWorkflowVersions(connection, 'guarded') },
    ...{ reports: new RedisModelReports(connection, 'guarded'), probe: new RedisStateProbe(connection) },
    gateways,
    live: new RedisLiveReports(connection, 'guarded'),
    history: new RedisLiveHistory(connection, 'guarded'),
  });
  const told = tellOf(observation, () => []);
  const { keys } = admission;
  const store = new RedisSessionStore(connection, 'guarded');
  const sessions = keys === undefined ? undefined : new PageSessions({ store, keys, isReadOnly: false });
  if (sessions !== undefined) admission.admitSessions(sessions);
  const server = await createApiServer({
    management: new WorkflowManagement(state, jobs, { waitMs: 1_000 }),
    ...{ admission, maxRequestSize, logger: silentLogger, queues: jobs.queues },
    // Nobody may follow: an answer without end would be waited for.
    requests: new RedisKeptRequests(connection, 'guarded'),
    audit: new RedisAuditTrail(connection, 'guarded'),
    observed: { observation, told, gateways, streams: new EventStreams(told, silentLogger, 0), tries },
    page: {
      ...{ files: readPage(), isReadOnly: false },
      ...(sessions === undefined ? {} : { signIn: { sessions, admission } }),
    },
  });
  await server.listen(0, '127.0.0.1');
  return {
    address: await server.getUrl(),
    routes: admission.routes,
    close: async () => {
      await server.close();
      await jobs.close();
      connection.close();
      await redis.dispose();
    },
  };
}

/** The inference API with nothing registered, on ports that do nothing. */
export async function startGuardedGateway(options: HttpAdmissionOptions): Promise<GuardedServer> {
  const admission = new WatchingAdmission(options);
  const server = createGatewayServer({
    table: new RoutingTable('guarded', { ...emptyPorts, logger: silentLogger }),
    runner: new RunWorkflow(emptyPorts.functions, new ModelServerFleet([], silentLogger)),
    ...{ admission, maxRequestSize, logger: silentLogger, unreadiness: () => undefined },
  });
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  return { address, routes: admission.routes, close: () => server.close() };
}
