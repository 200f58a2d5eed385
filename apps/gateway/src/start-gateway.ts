import { RoutingTable, RunWorkflow } from '@torchweave/application';
import type { Parts } from '@torchweave/composition';
import { closeServer, listenAddress, listenOn, type AppOptions, type RunningApp } from '@torchweave/platform';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { randomUUID } from 'node:crypto';
import { createGatewayServer } from './create-gateway-server.js';

/**
 * Starts a gateway: loads what is registered, then listens.
 *
 * @throws TorchweaveError `stateUnavailable` when Redis does not answer.
 */
export async function startGateway({ settings, redisUrl, logger }: AppOptions, parts: Parts): Promise<RunningApp> {
  const { namespace, maxRequestSize } = settings;
  const redis = new RedisConnection(redisUrl, logger);
  await redis.open();
  const state = new RedisWorkflowState(redis, namespace);
  const gateways = new RedisGatewayRegistry(redis, namespace);
  const table = new RoutingTable(randomUUID(), { ...parts, state, gateways, logger });
  await parts.modelServers.watchHealth();
  await table.start();
  const runner = new RunWorkflow(parts.functions, parts.modelServers);
  const server = createGatewayServer({ table, runner, logger, maxRequestSize });
  const listen = listenAddress(settings.inferenceAddress, settings.inferencePort);
  const address = await listenOn(listen, '--inference-port', (at) => server.listen(at));
  logger.info({ address, workflows: table.size }, 'inference API is ready');
  return {
    address,
    close: async () => {
      await table.leave();
      await closeServer(server);
      redis.close();
    },
  };
}
