import {
  observeRequests,
  RequestKeeper,
  RoutingTable,
  RunWorkflow,
  sendProbe,
  ShadowRuns,
  writeRefusal,
} from '@torchweave/application';
import type { Parts } from '@torchweave/composition';
import {
  closeServer,
  listenOn,
  observeKeptRequests,
  observeModelServers,
  observeProcesses,
  observeWorkflows,
} from '@torchweave/platform';
import { openAdmission, LiveFigures, WorkflowMetrics, type AppOptions, type RunningApp } from '@torchweave/platform';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import {
  RedisGatewayProbes,
  RedisKeptRequests,
  RedisGatewayTries,
  RedisLiveHistory,
  RedisLiveReports,
  RedisWorkflowVersions,
} from '@torchweave/redis-workflow-state';
import type { TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { createGatewayServer } from './create-gateway-server.js';
import { KeptRequestWriter } from './kept-request-writer.js';
import { LiveReporter } from './live-reporter.js';
import { TriedRequests } from './tried-requests.js';
import { WatchedVersions } from './watched-versions.js';
import { brokenWorkflows, gatewayUnreadiness, type GatewayPhase } from './readiness.js';

/**
 * Starts a gateway: loads what is registered, then listens.
 *
 * @throws TorchweaveError `redisUnusable` when Redis does not answer.
 */
export async function startGateway(options: AppOptions, parts: Parts): Promise<RunningApp> {
  const { settings, redis: link, logger, monitoring, tracing } = options;
  const { namespace, maxRequestSize } = settings;
  const { listen, admission } = await openAdmission(settings, 'inference', logger);
  const redis = new RedisConnection(link, logger);
  await redis.open();
  const state = new RedisWorkflowState(redis, namespace);
  const gateways = new RedisGatewayRegistry(redis, namespace, settings.gatewayLeaseMs);
  const versions = new RedisWorkflowVersions(redis, namespace);
  const gatewayId = randomUUID();
  const table = new RoutingTable(gatewayId, { ...parts, state, versions, gateways, logger });
  const metrics = new WorkflowMetrics(monitoring, (name) => table.get(name)?.since);
  const watched = new WatchedVersions(versions, logger);
  observeWorkflows(monitoring, () => ({ loaded: table.size, ...table.missing }));
  observeModelServers(monitoring, () => parts.modelServers.status);
  observeProcesses(monitoring, parts.processes);
  let phase: GatewayPhase = 'loading';
  const unreadiness = (): TorchweaveError | undefined => gatewayUnreadiness(phase, table.missing);
  monitoring.addReadiness('gateway', async () => {
    const reason = phase === 'loading' ? new Error('it loads its workflows') : unreadiness();
    if (reason !== undefined) throw reason;
  });
  monitoring.addWarning('gateway', () => brokenWorkflows(table.missing));
  monitoring.addWarning('state', () => writeRefusal(state));
  await parts.start();
  await parts.modelServers.watchHealth();
  await table.start();
  const runner = new RunWorkflow(parts.functions, parts.modelServers);
  const stopProbing = await new RedisGatewayProbes(redis, namespace).answer(gatewayId, async (order) => {
    const functionUnitId = await table.functionsOf(order.definition, order.operationId);
    await sendProbe({ archives: parts.archives, runner }, { ...order, functionUnitId });
  });
  const shadows = new ShadowRuns({ runner, table, telemetry: metrics, logger });
  const { keepRequests, keepSlowerThan: slowMs, keepRedact: redacted } = settings;
  const keeper = keepRequests ? new RequestKeeper(gatewayId, { slowMs, redacted }) : undefined;
  if (keeper !== undefined) observeKeptRequests(monitoring, () => keeper.counts);
  const server = createGatewayServer({
    table,
    runner,
    logger,
    maxRequestSize,
    telemetry: observeRequests(metrics, keeper, tracing?.requests),
    watched,
    shadows,
    admission,
    forwardsCredentials: settings.forwardCredentials,
    unreadiness,
  });
  const address = await listenOn(listen, '--inference-port', async (at) => admission.urlOf(await server.listen(at)));
  phase = 'serving';
  const tried = new TriedRequests(server, admission, logger);
  const stopTrying = await new RedisGatewayTries(redis, namespace).answer(gatewayId, (order) => tried.answer(order));
  const live = new LiveReporter(gatewayId, {
    ...{ reports: new RedisLiveReports(redis, namespace), history: new RedisLiveHistory(redis, namespace), logger },
    figures: new LiveFigures(() => metrics.all()),
    processes: parts.processes.functions,
  });
  const requests = new RedisKeptRequests(redis, namespace);
  const kept = keeper && new KeptRequestWriter(gatewayId, { requests, keeper, logger });
  logger.info({ address, workflows: table.size }, 'inference API is ready');
  return {
    address,
    close: async () => {
      phase = 'stopping';
      stopProbing();
      stopTrying();
      shadows.close();
      await closeServer(server, admission);
      await watched.close();
      await Promise.all([live.close(), kept?.close()]);
      await table.leave();
      redis.close();
    },
  };
}
