import { Child, freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { findTorchServe, startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const command = fileURLToPath(new URL('../../../bin/torchweave.js', import.meta.url));
const stoppingWorker = fileURLToPath(new URL('./stopping-worker.mjs', import.meta.url));

/** Why the tests on a real TorchServe cannot run here; undefined where they can. With CI=true they must. */
export function missingTorchServe(): string | undefined {
  const found = findTorchServe();
  if (found.found) return undefined;
  if (process.env['CI'] === 'true') throw new Error(`the end-to-end tests need TorchServe 0.12: ${found.reason}`);
  return found.reason;
}

export type AppName = 'api' | 'worker' | 'gateway';

/** Flags as the command line has them. */
export const flagArguments = (flags: Readonly<Record<string, string>>): string[] =>
  Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);

/** Redis, TorchServe, api, worker and gateway as separate processes, with folders and ports of their own. */
export class TestSystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-e2e-'));
  readonly workflowStore = join(this.directory, 'workflows');
  readonly modelStore = join(this.directory, 'models');
  readonly running = new Map<string, Child>();
  redis!: TestRedis;
  torchserve!: TorchServeProcess;
  private managementPort = 0;
  private inferencePort = 0;
  /** What every app sees of the environment beside the test's own. */
  private environment: Readonly<Record<string, string>> = {};

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestSystem> {
    const system = new TestSystem();
    system.environment = environment;
    mkdirSync(system.workflowStore);
    mkdirSync(system.modelStore);
    const config = 'allowed_urls=file://.*|http(s)?://.*\nallow_private_addresses=true\n';
    writeFileSync(join(system.directory, 'config.properties'), config);
    [system.redis, system.torchserve, system.managementPort, system.inferencePort] = await Promise.all([
      TestRedis.start(),
      startTorchServe({ modelStore: system.modelStore, quietLogs: true }),
      freePort(),
      freePort(),
    ]);
    await Promise.all((['api', 'worker', 'gateway'] as const).map((app) => system.startApp(app)));
    return system;
  }

  get management(): string {
    return `http://127.0.0.1:${this.managementPort}`;
  }

  get inference(): string {
    return `http://127.0.0.1:${this.inferencePort}`;
  }

  /** Ends TorchServe and starts it again on its ports, without a model. */
  async restartTorchServe(): Promise<void> {
    this.torchserve = await this.torchserve.restart();
  }

  /** Starts one app and waits until it is ready. */
  async startApp(app: AppName, options: { as?: string; env?: Record<string, string> } = {}): Promise<Child> {
    const child = Child.start(process.execPath, [command, app, ...flagArguments(this.flags)], {
      env: { ...this.environment, ...options.env },
    });
    this.running.set(options.as ?? app, child);
    await child.waitForOutput(new RegExp(`^${app} ready`, 'm'));
    return child;
  }

  /** Starts a worker that stands still at a race point until it is killed. */
  async startStoppingWorker(racePoint: string, as: string): Promise<Child> {
    const child = Child.start(process.execPath, [stoppingWorker, racePoint, ...flagArguments(this.flags)], {
      env: this.environment,
    });
    this.running.set(as, child);
    await child.waitForOutput(/^worker ready/m);
    return child;
  }

  private get flags(): Readonly<Record<string, string>> {
    const { managementUrl, inferenceUrl } = this.torchserve;
    return {
      'management-port': String(this.managementPort),
      'inference-port': String(this.inferencePort),
      'workflow-store': this.workflowStore,
      'model-store': this.modelStore,
      'model-server': `torchserve=${managementUrl},${inferenceUrl}`,
      'redis-url': this.redis.url,
      'data-dir': join(this.directory, 'data'),
      'ts-config': join(this.directory, 'config.properties'),
      'job-lock-ms': '1000',
    };
  }

  app(name: string): Child {
    const child = this.running.get(name);
    if (child === undefined) throw new Error(`${name} is not running`);
    return child;
  }

  async stopApp(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.app(name).end(signal);
    this.running.delete(name);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.running.keys()].map((name) => this.stopApp(name)));
    await Promise.all([this.torchserve.stop(), this.redis.dispose()]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
