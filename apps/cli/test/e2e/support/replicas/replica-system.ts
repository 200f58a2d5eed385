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
  readonly metricsPort: number;
  /** The command that it was started by. */
  command: string;
  child: Child;
}

export interface ReplicaSystemOptions {
  readonly apps: readonly AppName[];
  readonly torchserves: number;
  /** The torchweave command that starts the replicas; default this version's. */
  readonly command: string;
}

const defaults: ReplicaSystemOptions = {
  apps: ['api', 'api', 'worker', 'worker', 'worker', 'gateway', 'gateway', 'gateway'],
  torchserves: 2,
  command,
};

/** Several of everything on one Redis, by default 2 apis, 3 workers, 3 gateways and 2 TorchServes, and a proxy before apis and gateways. */
export class ReplicaSystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-replicas-'));
  readonly workflowStore = join(this.directory, 'workflows');
  readonly modelStore = join(this.directory, 'models');
  readonly replicas: Replica[] = [];
  private readonly closing: (() => Promise<unknown>)[] = [];
  private readonly torchserves: TorchServeProcess[] = [];
  private redisUrl = '';
  private opened: { leftovers: Leftovers; api: RoundRobinProxy; gateway: RoundRobinProxy } | undefined;

  private constructor(private readonly options: ReplicaSystemOptions) {}

  /** A system that has failed to start leaves nothing running. */
  static async start(options: Partial<ReplicaSystemOptions> = {}): Promise<ReplicaSystem> {
    const system = new ReplicaSystem({ ...defaults, ...options });
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

  /** Sums up what all gateways tell by samples of a pattern, by its groups with blanks between. */
  async samples(pattern: RegExp): Promise<ReadonlyMap<string, number>> {
    const sums = new Map<string, number>();
    for (const { metricsPort } of this.replicas.filter(({ app }) => app === 'gateway')) {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      for (const line of text.split('\n')) {
        const [, ...groups] = pattern.exec(line) ?? [];
        if (groups.length === 0) continue;
        const name = groups.join(' ');
        sums.set(name, (sums.get(name) ?? 0) + Number(line.split(' ').at(-1)));
      }
    }
    return sums;
  }

  /** Kills a replica and starts it again at its port; resolves when it is ready. */
  async restart(replica: Replica): Promise<void> {
    await replica.child.end('SIGKILL');
    await this.relaunch(replica);
  }

  /**
   * Lets a replica end what is under way, with nothing new from the balancer, and starts another version in its place; resolves when
   * it is ready.
   */
  async replace(replica: Replica, by: string): Promise<void> {
    if (replica.app !== 'worker') this.parts[replica.app].drain(replica.port);
    await replica.child.end('SIGTERM');
    replica.command = by;
    await this.relaunch(replica);
  }

  private async relaunch(replica: Replica): Promise<void> {
    replica.child = this.launch(replica);
    await untilReady(replica);
    if (replica.app !== 'worker') this.parts[replica.app].replicaIsUp(replica.port);
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
    await Promise.all(Array.from({ length: this.options.torchserves }, () => this.startTorchServe()));
    await Promise.all(this.options.apps.map(async (app) => this.startReplica(app, await freePort(), await freePort())));
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

  private async startReplica(app: AppName, port: number, metricsPort: number): Promise<void> {
    const place = { app, port, metricsPort, command: this.options.command };
    const replica: Replica = { ...place, child: this.launch(place) };
    this.replicas.push(replica);
    this.closing.push(() => replica.child.end());
    await untilReady(replica);
  }

  private launch({ app, port, metricsPort, command: by }: Omit<Replica, 'child'>): Child {
    const flags = {
      'management-port': String(port),
      'inference-port': String(port),
      'metrics-port': String(metricsPort),
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
    return Child.start(process.execPath, [by, app, ...flagArguments(flags), ...modelServers]);
  }
}

async function untilReady({ app, child }: Replica): Promise<void> {
  await child.waitForOutput(new RegExp(`^${app} ready`, 'm'), readyTimeoutMs);
}
