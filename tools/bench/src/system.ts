import { silentLogger } from '@torchweave/application';
import { startEmbeddedRedis, type EmbeddedRedis } from '@torchweave/embedded-redis';
import { startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeStores, type Stores } from './archives.js';
import { call } from './http.js';
import type { Scope } from './scope.js';
import { Torchweave, type AppName, type TorchweaveOptions } from './torchweave.js';

/** Everything that is measured, each part started when a section first asks for it, all of it ended with the scope. */
export class System {
  private readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-bench-'));
  private readonly parts = new Map<string, Promise<unknown>>();
  /** Counts the {@link renew}als: each has a namespace of its own in Redis. */
  private generation = 0;

  constructor(
    private readonly scope: Scope,
    private readonly say: (text: string) => void,
    private readonly profileFolder: string | undefined,
  ) {
    void scope.add(async () => rmSync(this.directory, { recursive: true, force: true }));
  }

  stores(): Promise<Stores> {
    return this.once('stores', () => writeStores(this.directory));
  }

  redis(): Promise<EmbeddedRedis> {
    return this.once('redis', async () => {
      this.say('starting Redis');
      const dataDirectory = join(this.directory, 'redis');
      mkdirSync(dataDirectory);
      const path = process.env['PATH'] ?? '';
      const redis = await startEmbeddedRedis({ dataDirectory, python: 'python3', path, logger: silentLogger });
      await this.scope.add(() => redis.close());
      return redis;
    });
  }

  /** A TorchServe with `upper` and `rev` alone, set up as chain and diamond set up their slowest model. */
  torchServe(): Promise<TorchServeProcess> {
    return this.once('torchserve', async () => {
      this.say('starting TorchServe 0.12 with quiet logs');
      const { models, workflows } = await this.stores();
      const server = await startTorchServe({ modelStore: models, workflowStore: workflows, quietLogs: true });
      await this.scope.add(() => server.stop());
      for (const [name, batch] of [
        ['upper', 'batch_size=4&max_batch_delay=10'] as const,
        ['rev', 'batch_size=2&max_batch_delay=20'] as const,
      ]) {
        await call(
          'POST',
          `${server.managementUrl}/models?url=${name}.mar&initial_workers=1&synchronous=true&${batch}`,
        );
      }
      return server;
    });
  }

  /** Torchweave on that TorchServe: api, worker and gateway. */
  torchweave(): Promise<Torchweave> {
    return this.once('torchweave', async () => {
      const modelServer = await this.torchServe();
      return this.startTorchweave(`bench${this.generation}`, ['api', 'worker', 'gateway'], modelServer);
    });
  }

  /**
   * Ends TorchServe and the Torchweave on it; whoever asks gets new ones. TorchServe's own workflows leave thousands of threads
   * and gigabytes behind in its JVM, which slow down every side of what is measured afterwards.
   */
  async renew(): Promise<void> {
    const { parts } = this;
    for (const name of ['torchweave', 'torchserve']) {
      const part = parts.get(name) as Promise<Torchweave | TorchServeProcess> | undefined;
      // What has not started has been told of by the section that needed it.
      await (await part?.catch(() => undefined))?.stop();
    }
    for (const key of parts.keys()) if (!['stores', 'redis'].includes(key)) parts.delete(key);
    this.generation += 1;
  }

  /** One more Torchweave, in a namespace of its own. */
  async startTorchweave(
    namespace: string,
    apps: readonly AppName[],
    modelServer: TorchweaveOptions['modelServer'],
  ): Promise<Torchweave> {
    const [{ url }, { workflows }] = await Promise.all([this.redis(), this.stores()]);
    this.say(`starting Torchweave (${apps.join(', ')}; namespace ${namespace})`);
    return Torchweave.start(this.scope, {
      directory: join(this.directory, namespace),
      redisUrl: url,
      namespace,
      workflowStore: workflows,
      modelServer,
      apps,
      ...(this.profileFolder === undefined ? {} : { profileFolder: this.profileFolder }),
    });
  }

  /** Registers an archive with Torchweave, and where `both` with TorchServe's own workflow API too, once. */
  async register(archive: string, both: boolean): Promise<void> {
    const name = archive.replace('.war', '');
    const torchweave = await this.torchweave();
    await this.once(`${name} ours`, () => torchweave.register(archive, name));
    if (!both) return;
    const { managementUrl } = await this.torchServe();
    const query = `url=${archive}&workflow_name=${theirName(name)}`;
    await this.once(`${name} theirs`, () => call('POST', `${managementUrl}/workflows?${query}`));
  }

  /** A file or folder for a section. */
  path(name: string): string {
    return join(this.directory, name);
  }

  private once<T>(key: string, start: () => Promise<T>): Promise<T> {
    const part = (this.parts.get(key) as Promise<T> | undefined) ?? start();
    this.parts.set(key, part);
    return part;
  }
}

/** Both register `<workflow>__<node>` on the same TorchServe, so the names differ. */
export const theirName = (workflow: string): string => `${workflow}_theirs`;
