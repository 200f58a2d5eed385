import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import type { TorchServeProcess } from '@torchweave/torchserve-tool';
import { vi } from 'vitest';

const namespace = 'torchweave';

/** Looks behind the API: at what an installation must not leave in Redis or on its model servers. */
export class Leftovers {
  private constructor(
    private readonly redis: RedisConnection,
    private readonly jobs: BullMqJobQueue,
    private readonly torchserves: readonly TorchServeProcess[],
  ) {}

  static async open(redisUrl: string, torchserves: readonly TorchServeProcess[]): Promise<Leftovers> {
    const redis = new RedisConnection(new RedisLink(redisUrl, silentLogger), silentLogger);
    await redis.open();
    const jobs = await BullMqJobQueue.open({
      redis: new RedisLink(redisUrl, silentLogger),
      namespace,
      logger: silentLogger,
    });
    return new Leftovers(redis, jobs, torchserves);
  }

  /** Waits until no registration or unregistration waits or runs. */
  async untilNoOperation(): Promise<void> {
    const counts = async (): Promise<number> =>
      (await this.jobs.queues.get('operations')?.getJobCountByTypes('waiting', 'active', 'delayed')) ?? 0;
    await vi.waitUntil(async () => (await counts()) === 0, { timeout: 60_000, interval: 50 });
  }

  /** All that there is: workflows, ones in the middle of something, models that nobody owns, models on model servers. */
  async find(): Promise<string[]> {
    const state = new RedisWorkflowState(this.redis, namespace);
    const { workflows } = await state.page(0, 100);
    const unfinished = await state.unfinished();
    const models = await Promise.all(this.torchserves.map((server) => modelsOn(server.managementUrl)));
    return [
      ...workflows.map(({ name }) => `workflow ${name}`),
      ...unfinished.records.map(({ definition, phase }) => `workflow ${definition.name}, ${phase}`),
      ...(await state.orphans()).map((model) => `orphan ${model}`),
      ...models.flat(),
    ];
  }

  async close(): Promise<void> {
    await this.jobs.close();
    this.redis.close();
  }
}

async function modelsOn(managementUrl: string): Promise<string[]> {
  const page = (await (await fetch(`${managementUrl}/models?limit=1000`)).json()) as {
    models: { modelName: string }[];
  };
  return page.models.map(({ modelName }) => `model ${modelName} on ${managementUrl}`);
}
