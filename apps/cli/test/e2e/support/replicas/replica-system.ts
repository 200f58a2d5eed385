import { Child, freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, flagArguments, type AppName } from '../torchweave.js';
import { Leftovers } from './leftovers.js';
import { RoundRobinProxy } from './round-robin-proxy.js';

/** ms that a replica may take to be ready, on a machine that starts many at once. */
const readyTimeoutMs = 120_000;

/** One process of an installation, at a port that it keeps over restarts. */
export interface Replica {
  readonly app: AppName;
  readonly port: number;
  child: Child;
}

/** Several of everything on one Redis: 2 apis, 3 workers, 3 gateways, 2 TorchServes, and a proxy before apis and gateways. */
export class ReplicaSystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-replicas-'));
  readonly workflowStore = join(this.directory, 'workflows');
  readonly modelStore = join(this.directory, 'models');
  readonly replicas: Replica[] = [];
  private readonly closing: (() => Promise<unknown>)[] = [];
  private readonly torchserves: TorchServeProcess[] = [];
  private redisUrl = '';
  private opened: { leftovers: Leftovers; api: RoundRobinProxy; gateway: RoundRobinProxy } | undefined;

  /** A system that has failed to start leaves nothing running. */
  static async start(): Promise<ReplicaSystem> {
    const system = new ReplicaSystem();
    try {
      await system.open();
      return system;
    } catch (error) {
      await system.dispose();
      throw error;
    }
  }

  get leftovers(): Leftovers {
    return this.parts.leftovers;
  }

  get management(): string {
    return this.parts.api.url;
  }

  get inference(): string {
    return this.parts.gateway.url;
  }

  /** The address of every replica itself. */
  addressesOf(app: 'api' | 'gateway'): string[] {
    return this.portsOf(app).map((port) => `http://127.0.0.1:${port}`);
  }

  /** Kills a replica and starts it again at its port; resolves when it is ready. */
  async restart(replica: Replica): Promise<void> {
    await replica.child.end('SIGKILL');
    replica.child = this.launch(replica.app, replica.port);
    await untilReady(replica);
    if (replica.app !== 'worker') this.parts[replica.app].replicaIsUp();
  }

  async dispose(): Promise<void> {
    for (const close of this.closing.reverse()) await close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get parts(): NonNullable<typeof this.opened> {
    if (this.opened === undefined) throw new Error('the system has not started');
    return this.opened;
  }

  private async open(): Promise<void> {
    for (const folder of [this.workflowStore, this.modelStore]) mkdirSync(folder);
    const config = 'allowed_urls=file://.*|http(s)?://.*\nallow_private_addresses=true\n';
    writeFileSync(join(this.directory, 'config.properties'), config);
    const redis = await TestRedis.start();
    this.redisUrl = redis.url;
    this.closing.push(() => redis.dispose());
    await Promise.all([this.startTorchServe(), this.startTorchServe()]);
    const apps: AppName[] = ['api', 'api', 'worker', 'worker', 'worker', 'gateway', 'gateway', 'gateway'];
    await Promise.all(apps.map(async (app) => this.startReplica(app, await freePort())));
    const api = await RoundRobinProxy.start(this.portsOf('api'));
    this.closing.push(() => api.close());
    const gateway = await RoundRobinProxy.start(this.portsOf('gateway'));
    this.closing.push(() => gateway.close());
    const leftovers = await Leftovers.open(redis.url, this.torchserves);
    this.closing.push(() => leftovers.close());
    this.opened = { leftovers, api, gateway };
  }

  private async startTorchServe(): Promise<void> {
    const server = await startTorchServe({ modelStore: this.modelStore, quietLogs: true });
    this.torchserves.push(server);
    this.closing.push(() => server.stop());
  }

  private portsOf(app: AppName): number[] {
    return this.replicas.filter((replica) => replica.app === app).map(({ port }) => port);
  }

  private async startReplica(app: AppName, port: number): Promise<void> {
    const replica: Replica = { app, port, child: this.launch(app, port) };
    this.replicas.push(replica);
    this.closing.push(() => replica.child.end());
    await untilReady(replica);
  }

  private launch(app: AppName, port: number): Child {
    const flags = {
      'management-port': String(port),
      'inference-port': String(port),
      'metrics-port': '0',
      'workflow-store': this.workflowStore,
      'redis-url': this.redisUrl,
      'data-dir': join(this.directory, 'data'),
      'ts-config': join(this.directory, 'config.properties'),
      'job-lock-ms': '1000',
      // What a registration waits for after a gateway was killed.
      'gateway-lease-ms': '2000',
    };
    const servers = this.torchserves.map((server) => `torchserve=${server.managementUrl},${server.inferenceUrl}`);
    const modelServers = servers.flatMap((server) => ['--model-server', server]);
    return Child.start(process.execPath, [command, app, ...flagArguments(flags), ...modelServers]);
  }
}

async function untilReady({ app, child }: Replica): Promise<void> {
  await child.waitForOutput(new RegExp(`^${app} ready`, 'm'), readyTimeoutMs);
}
