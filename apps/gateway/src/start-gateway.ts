import { RoutingTable, RunWorkflow } from '@torchweave/application';
import type { Parts } from '@torchweave/composition';
import {
  closeServer,
  listenOn,
  observeModelServers,
  observeProcesses,
  observeWorkflowCount,
} from '@torchweave/platform';
import { openIntake, WorkflowMetrics, type AppOptions, type RunningApp } from '@torchweave/platform';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { randomUUID } from 'node:crypto';
import { createGatewayServer } from './create-gateway-server.js';

/**
 * Starts a gateway: loads what is registered, then listens.
 *
 * @throws TorchweaveError `stateUnavailable` when Redis does not answer.
 */
export async function startGateway(options: AppOptions, parts: Parts): Promise<RunningApp> {
  const { settings, redisUrl, logger, monitoring } = options;
  const { namespace, maxRequestSize } = settings;
  const { listen, intake } = await openIntake(settings, 'inference', logger);
  const redis = new RedisConnection(redisUrl, logger);
  await redis.open();
  const state = new RedisWorkflowState(redis, namespace);
  const gateways = new RedisGatewayRegistry(redis, namespace, settings.gatewayLeaseMs);
  const table = new RoutingTable(randomUUID(), { ...parts, state, gateways, logger });
  const metrics = new WorkflowMetrics(monitoring, (name) => table.get(name)?.revision);
  observeWorkflowCount(monitoring, () => table.size);
  observeModelServers(monitoring, () => parts.modelServers.status);
  observeProcesses(monitoring, parts.processes);
  let isReady = false;
  monitoring.addReadiness('gateway', async () => {
    if (!isReady) throw new Error('it loads its workflows, or is stopping');
  });
  await parts.start();
  await parts.modelServers.watchHealth();
  await table.start();
  const runner = new RunWorkflow(parts.functions, parts.modelServers, metrics);
  const server = createGatewayServer({
    table,
    runner,
    logger,
    maxRequestSize,
    metrics,
    intake,
    forwardsCredentials: settings.forwardCredentials,
    isReady: () => isReady,
  });
  const address = await listenOn(listen, '--inference-port', async (at) => intake.urlOf(await server.listen(at)));
  isReady = true;
  logger.info({ address, workflows: table.size }, 'inference API is ready');
  return {
    address,
    close: async () => {
      isReady = false;
      await closeServer(server, intake.inFlight);
      await table.leave();
      redis.close();
    },
  };
}
