import { silentLogger, WorkflowManagement } from '@torchweave/application';
import { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const namespace = 'full';

describe('the management API on a Redis that is full', () => {
  let server: TestRedis;
  let connection: RedisConnection;
  let state: RedisWorkflowState;
  let jobs: BullMqJobQueue;
  let management: WorkflowManagement;
  beforeEach(async () => {
    server = await TestRedis.start();
    const redis = new RedisLink(server.url, silentLogger, namespace);
    connection = new RedisConnection(redis, silentLogger);
    await connection.open();
    state = new RedisWorkflowState(connection, namespace);
    jobs = await BullMqJobQueue.open({ redis, namespace, logger: silentLogger });
    const gateways = new RedisGatewayRegistry(connection, namespace, 60_000);
    management = new WorkflowManagement(state, jobs, { waitMs: 10_000, gateways });
    const { run } = await state.takeUp('register');
    await state.reserve(sampleDefinition('chain'), run);
    await state.activate({ workflow: 'chain', version: 1 }, run);
  });
  afterEach(async () => {
    await jobs.close();
    connection.close();
    await server.dispose();
  });

  const limit = (bytes: number): Promise<unknown> => connection.commands.config('SET', 'maxmemory', bytes);

  it.each([true, false])('unregisters, to make room; synchronous: %s', async (synchronous) => {
    await limit(1);
    expect(await management.unregister('chain', synchronous)).toMatchObject({ ended: true, workflow: 'chain' });
    expect(await state.get('chain')).toBeUndefined();
    // No job can be had that removes it from the model servers: reconcile does when there is room.
    expect(await state.orphans()).toEqual(['chain__up']);
    await expect(management.unregister('chain', synchronous)).rejects.toMatchObject({ code: 'workflowNotFound' });
  });

  it('registers nothing, and says so at once', async () => {
    await limit(1);
    await expect(management.register({ url: 'chain.war' }, true)).rejects.toMatchObject({ status: 503 });
  });

  it('leaves the unregistration to a worker when there is room', async () => {
    const submitted = await management.unregister('chain', false);
    expect(submitted.ended).toBe(false);
    expect(await state.get('chain')).toMatchObject({ phase: 'ready' });
  });
});
