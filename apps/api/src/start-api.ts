import {
  IdempotentRequests,
  InspectWorkflow,
  Observation,
  UploadedArchives,
  VersionManagement,
  WorkflowManagement,
  writeRefusal,
  type ArchiveStore,
  type ObservedPart,
} from '@torchweave/application';
import { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import {
  closeServer,
  listenOn,
  observeQueues,
  openAdmission,
  PageSessions,
  readPage,
  type AppOptions,
  type HttpAdmission,
  type RunningApp,
} from '@torchweave/platform';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import {
  RedisAuditTrail,
  RedisGatewayTries,
  RedisIdempotencyKeys,
  RedisKeptRequests,
  RedisLiveHistory,
  RedisLiveReports,
  RedisModelReports,
  RedisSessionStore,
  RedisStateProbe,
  RedisWorkflowVersions,
} from '@torchweave/redis-workflow-state';
import { version } from '@torchweave/platform/version';
import { hostname } from 'node:os';
import { createApiServer } from './create-api-server.js';
import { ChangesUnderWay } from './http/traced-changes.js';
import { EventStreams } from './observation/event-streams.js';
import { tellOf } from './observation/tell.js';
import type { PageSessionOptions } from './page/serve-session.js';

/** The default of `redis_namespace`. */
const usualNamespace = 'torchweave';

/**
 * Starts the management API.
 *
 * @param archives where the archives of requests go, and where workers find them.
 * @throws TorchweaveError `redisUnusable` when Redis does not answer, `configurationInvalid` when the port is taken.
 */
export async function startApi(options: AppOptions, archives: Pick<ArchiveStore, 'put'>): Promise<RunningApp> {
  const { settings, redis: link, logger, monitoring, tracing } = options;
  const { namespace } = settings;
  const { listen, admission } = await openAdmission(settings, 'management', logger);
  const redis = new RedisConnection(link, logger);
  await redis.open();
  const changes = tracing === undefined ? undefined : new ChangesUnderWay(tracing.changes);
  const jobs = await BullMqJobQueue.open({ redis: link, namespace, logger, trace: () => changes?.trace });
  const state = new RedisWorkflowState(redis, namespace);
  const gateways = new RedisGatewayRegistry(redis, namespace, settings.gatewayLeaseMs);
  const management = new WorkflowManagement(state, jobs, {
    ...{ waitMs: settings.operationWaitMs, gateways },
    uploads: new UploadedArchives(archives, { maxBytes: settings.maxArchiveSize, limit: settings.maxUploads }),
  });
  const ofVersions = new RedisWorkflowVersions(redis, namespace);
  const versions = new VersionManagement(
    { versions: ofVersions, jobs, workflows: management },
    settings.operationWaitMs,
  );
  const keys = new RedisIdempotencyKeys(redis, namespace);
  const idempotent = new IdempotentRequests({ keys, jobs }, settings.operationWaitMs);
  const reports = new RedisModelReports(redis, namespace);
  const inspection = new InspectWorkflow({ versions: ofVersions, reports, gateways, jobs });
  const observation = new Observation({
    ...{ state, versions: ofVersions, reports, gateways, jobs },
    ...{ probe: new RedisStateProbe(redis), live: new RedisLiveReports(redis, namespace) },
    history: new RedisLiveHistory(redis, namespace),
  });
  const told = tellOf(observation, () => [ownPart()]);
  const streams = new EventStreams(told, logger);
  observeQueues(monitoring, jobs.queues);
  monitoring.addReadiness('api', () => management.list(1, 0));
  // It still reads, and unregisters where that makes room.
  monitoring.addWarning('state', () => writeRefusal(state));
  monitoring.addWarning('workers', async () => {
    // Where nothing can be written they cannot say that they are there.
    if ((await jobs.workers()) > 0 || (await writeRefusal(state)) !== undefined) return undefined;
    return 'no worker takes operations: start one with "torchweave worker"';
  });
  const server = await createApiServer({
    ...{ management, versions, inspection, idempotent, logger, admission, maxRequestSize: settings.maxRequestSize },
    ...{ changes, registry: monitoring.registry, queues: jobs.queues },
    audit: new RedisAuditTrail(redis, namespace),
    requests: settings.keepRequests ? new RedisKeptRequests(redis, namespace) : undefined,
    observed: { observation, told, streams, gateways, tries: new RedisGatewayTries(redis, namespace) },
    page: { files: readPage(), ...pageSessions(options, redis, admission) },
  });
  await listenOn(listen, '--management-port', ({ port, host }) => server.listen(port, host));
  const address = await server.getUrl();
  logger.info({ address }, 'management API is ready');
  return {
    address,
    close: async () => {
      streams.close();
      await closeServer({ server: server.getHttpServer(), close: () => server.close() }, admission);
      await jobs.close();
      redis.close();
    },
  };
}

/** This process: whoever is told of it has been answered by it. */
const ownPart = (): ObservedPart => ({
  ...{ kind: 'api', id: `${hostname()}:${process.pid}`, health: { state: 'serving' }, version },
  facts: [{ name: 'running', value: Math.round(process.uptime() * 1_000), unit: 'ms' }],
});

/** Who may look at the page: whoever signs in with a key, where keys are asked for. */
function pageSessions({ settings }: AppOptions, redis: RedisConnection, admission: HttpAdmission): PageSessionOptions {
  const { namespace, dashboardReadOnly: isReadOnly } = settings;
  const { keys } = admission;
  // Whoever names the keys of theirs otherwise than usual tells installations apart by it.
  const page = { isReadOnly, ...(namespace === usualNamespace ? {} : { installation: namespace }) };
  if (keys === undefined) return page;
  const sessions = new PageSessions({ store: new RedisSessionStore(redis, namespace), keys, isReadOnly });
  admission.admitSessions(sessions);
  return { ...page, signIn: { sessions, admission } };
}
