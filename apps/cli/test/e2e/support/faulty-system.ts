import { specText, workflowFiles, zipOf, type WorkflowParts } from '@torchweave/testing/builders';
import { FaultProxy } from '@torchweave/testing/fault-proxy';
import { Child, freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, flagArguments, type AppName } from './torchweave.js';
import { fillStores } from './write-archives.js';

/** Api, worker and two gateways as processes of their own, with a fault proxy before each part that they need. */
export class FaultySystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-faults-'));
  readonly workflowStore = join(this.directory, 'workflows');
  redis!: TestRedis;
  redisProxy!: FaultProxy;
  /** Before the inferences of TorchServe. */
  modelProxy!: FaultProxy;
  /** Before both gateways, as a balancer of connections would be. */
  balancer!: FaultProxy;
  private torchserve!: TorchServeProcess;
  private readonly running = new Map<string, Child>();
  private readonly closers: (() => Promise<unknown>)[] = [];
  private readonly ports = new Map<string, number>();

  static async start(): Promise<FaultySystem> {
    const system = new FaultySystem();
    try {
      await system.prepare();
      await Promise.all([system.startApp('api'), system.startApp('worker'), system.startApp('gateway')]);
      await system.startApp('gateway', 'gateway2');
      return system;
    } catch (error) {
      await system.dispose();
      throw error;
    }
  }

  private async prepare(): Promise<void> {
    const modelStore = join(this.directory, 'models');
    mkdirSync(this.workflowStore);
    fillStores(this.workflowStore, modelStore);
    this.redis = this.closing(await TestRedis.start(), (redis) => redis.dispose());
    this.torchserve = this.closing(await startTorchServe({ modelStore, quietLogs: true }), (server) => server.stop());
    this.redisProxy = this.closing(await FaultProxy.start(this.redis.url), (proxy) => proxy.close());
    this.modelProxy = this.closing(await FaultProxy.start(this.torchserve.inferenceUrl), (proxy) => proxy.close());
    for (const name of ['api', 'gateway', 'gateway2', 'gateway metrics']) this.ports.set(name, await freePort());
    const gateways = await FaultProxy.start(this.url('gateway'), this.url('gateway2'));
    this.balancer = this.closing(gateways, (proxy) => proxy.close());
  }

  private closing<T>(thing: T, close: (thing: T) => Promise<unknown>): T {
    this.closers.unshift(() => close(thing));
    return thing;
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.ports.get(name)}`;
  }

  app(name: string): Child {
    const child = this.running.get(name);
    if (child === undefined) throw new Error(`${name} is not running`);
    return child;
  }

  /** Starts one app, under another name where there are several, and waits until it is ready. */
  async startApp(app: AppName, name: string = app): Promise<void> {
    const flags = {
      'management-port': String(this.ports.get('api')),
      'inference-port': String(this.ports.get(name) ?? 0),
      'metrics-port': name === 'gateway' ? String(this.ports.get('gateway metrics')) : 'none',
      'workflow-store': this.workflowStore,
      'model-server': `torchserve=${this.torchserve.managementUrl},http://127.0.0.1:${this.modelProxy.port}`,
      'redis-url': `redis://127.0.0.1:${this.redisProxy.port}`,
      'data-dir': join(this.directory, 'data'),
    };
    const child = Child.start(process.execPath, [command, app, ...flagArguments(flags)]);
    this.running.set(name, child);
    await child.waitForOutput(new RegExp(`^${app} ready`, 'm'));
  }

  /** Writes an archive of functions, or of functions and TorchServe's models, into the store. */
  async writeArchive(name: string, spec: Parameters<typeof specText>[0], handler: string): Promise<void> {
    const parts: WorkflowParts = { name, spec: specText(spec), handler };
    writeFileSync(join(this.workflowStore, `${name}.war`), await zipOf(workflowFiles(parts)));
  }

  manage(method: string, path: string): Promise<Response> {
    return fetch(`${this.url('api')}${path}`, { method });
  }

  predict(workflow: string, at = this.url('gateway')): Promise<Response> {
    const headers = { 'content-type': 'text/plain' };
    return fetch(`${at}/wfpredict/${workflow}`, { method: 'POST', body: 'hello', headers });
  }

  /** A sample of the first gateway's metrics; undefined where it is not there. */
  async metric(series: string): Promise<number | undefined> {
    const lines = (await (await fetch(`${this.url('gateway metrics')}/metrics`)).text()).split('\n');
    const found = lines.find((line) => line.startsWith(`${series} `));
    return found === undefined ? undefined : Number(found.slice(series.length + 1));
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.running.values()].map((child) => child.end()));
    for (const close of this.closers.splice(0)) await close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
