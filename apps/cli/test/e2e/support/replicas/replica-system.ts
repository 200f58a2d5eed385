import { Child, freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, type AppName } from '../torchweave.js';
import { Leftovers } from './leftovers.js';
import { RoundRobinProxy } from './round-robin-proxy.js';

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
  leftovers!: Leftovers;
  private redis!: TestRedis;
  private torchserves: TorchServeProcess[] = [];
  private proxies!: Record<'api' | 'gateway', RoundRobinProxy>;

  static async start(): Promise<ReplicaSystem> {
    const system = new ReplicaSystem();
    for (const folder of [system.workflowStore, system.modelStore]) mkdirSync(folder);
    const config = 'allowed_urls=file://.*|http(s)?://.*\nallow_private_addresses=true\n';
    writeFileSync(join(system.directory, 'config.properties'), config);
    const torchserve = (): Promise<TorchServeProcess> =>
      startTorchServe({ modelStore: system.modelStore, quietLogs: true });
    system.redis = await TestRedis.start();
    system.torchserves = await Promise.all([torchserve(), torchserve()]);
    const apps: AppName[] = ['api', 'api', 'worker', 'worker', 'worker', 'gateway', 'gateway', 'gateway'];
    await Promise.all(apps.map(async (app) => system.startReplica(app, await freePort())));
    system.proxies = {
      api: await RoundRobinProxy.start(system.portsOf('api')),
      gateway: await RoundRobinProxy.start(system.portsOf('gateway')),
    };
    system.leftovers = await Leftovers.open(system.redis.url, system.torchserves);
    return system;
  }

  get management(): string {
    return this.proxies.api.url;
  }

  get inference(): string {
    return this.proxies.gateway.url;
  }

  /** The address of every replica itself. */
  addressesOf(app: 'api' | 'gateway'): string[] {
    return this.portsOf(app).map((port) => `http://127.0.0.1:${port}`);
  }

  /** Kills a replica and starts it again at its port; resolves when it is ready. */
  async restart(replica: Replica): Promise<void> {
    await replica.child.end('SIGKILL');
    replica.child = this.launch(replica.app, replica.port);
    await replica.child.waitForOutput(new RegExp(`^${replica.app} ready`, 'm'));
    if (replica.app !== 'worker') this.proxies[replica.app].replicaIsUp();
  }

  async dispose(): Promise<void> {
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.close()));
    await Promise.all(this.replicas.map(({ child }) => child.end()));
    await this.leftovers.close();
    await Promise.all([...this.torchserves.map((server) => server.stop()), this.redis.dispose()]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private portsOf(app: AppName): number[] {
    return this.replicas.filter((replica) => replica.app === app).map(({ port }) => port);
  }

  private async startReplica(app: AppName, port: number): Promise<void> {
    const replica = { app, port, child: this.launch(app, port) };
    this.replicas.push(replica);
    await replica.child.waitForOutput(new RegExp(`^${app} ready`, 'm'));
  }

  private launch(app: AppName, port: number): Child {
    const flags = {
      'management-port': String(port),
      'inference-port': String(port),
      'metrics-port': '0',
      'workflow-store': this.workflowStore,
      'redis-url': this.redis.url,
      'data-dir': join(this.directory, 'data'),
      'ts-config': join(this.directory, 'config.properties'),
      'job-lock-ms': '1000',
    };
    const servers = this.torchserves.map((server) => `torchserve=${server.managementUrl},${server.inferenceUrl}`);
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    const modelServers = servers.flatMap((server) => ['--model-server', server]);
    return Child.start(process.execPath, [command, app, ...args, ...modelServers]);
  }
}
