import { freePort } from '@torchweave/testing/process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { call } from './http.js';
import { ManagedProcess } from './processes.js';
import type { Scope } from './scope.js';

const command = fileURLToPath(new URL('../../../apps/cli/bin/torchweave.js', import.meta.url));

export type AppName = 'api' | 'worker' | 'gateway';

export interface TorchweaveOptions {
  /** A new folder, for data and logs. */
  readonly directory: string;
  readonly redisUrl: string;
  readonly namespace: string;
  readonly workflowStore: string;
  readonly modelServer: { readonly managementUrl: string; readonly inferenceUrl: string };
  readonly apps: readonly AppName[];
  readonly profileFolder?: string;
}

/** Torchweave as it is deployed: its apps as processes of their own, started by its own command with its defaults. */
export class Torchweave {
  private readonly processes: { readonly app: AppName; readonly process: ManagedProcess }[] = [];

  private constructor(
    private readonly options: TorchweaveOptions,
    private readonly scope: Scope,
    private readonly ports: { readonly management: number; readonly inference: number },
  ) {}

  /** Resolves when every app says that it is ready. */
  static async start(scope: Scope, options: TorchweaveOptions): Promise<Torchweave> {
    mkdirSync(options.directory, { recursive: true });
    // At once: one that was free a moment ago may be found again.
    const [management, inference] = await Promise.all([freePort(), freePort()]);
    const ports = { management, inference };
    const torchweave = new Torchweave(options, scope, ports);
    await Promise.all(options.apps.map((app) => torchweave.add(app)));
    return torchweave;
  }

  get managementUrl(): string {
    return `http://127.0.0.1:${this.ports.management}`;
  }

  predictionUrl(workflow: string): string {
    return `http://127.0.0.1:${this.ports.inference}/wfpredict/${workflow}`;
  }

  /** The Node processes; the Python ones are their descendants. */
  pids(app?: AppName): number[] {
    return this.processes.filter((each) => app === undefined || each.app === app).map(({ process }) => process.pid);
  }

  /** Starts one more process of an app and resolves when it is ready. */
  async add(app: AppName): Promise<ManagedProcess> {
    const { directory, redisUrl, profileFolder } = this.options;
    const isProfiled = app === 'gateway' && profileFolder !== undefined;
    // Without a profile as a shell starts it: the command gives Node flags of its own.
    const profiled = [
      process.execPath,
      '--max-semi-space-size=32',
      '--cpu-prof',
      '--cpu-prof-dir',
      profileFolder ?? '',
    ];
    const [program = command, ...args] = isProfiled ? [...profiled, command] : [command];
    const started = await ManagedProcess.start({
      command: program,
      args: [...args, app, ...this.flags()],
      env: { REDIS_URL: redisUrl },
      logFile: join(directory, `${app}-${this.processes.length}-${Date.now()}.log`),
    });
    this.processes.push({ app, process: started });
    await this.scope.add(() => started.stop());
    await started.untilPrinted(new RegExp(`^${app} ready`, 'm'));
    return started;
  }

  /** Resolves when the workflow is served. */
  async register(archive: string, name: string): Promise<void> {
    await call('POST', `${this.managementUrl}/workflows?url=${archive}&workflow_name=${name}`);
  }

  async unregister(name: string): Promise<void> {
    await call('DELETE', `${this.managementUrl}/workflows/${name}`);
  }

  /** Ends what {@link add} has started. */
  async remove(ended: ManagedProcess): Promise<void> {
    const index = this.processes.findIndex(({ process }) => process === ended);
    if (index >= 0) this.processes.splice(index, 1);
    await ended.stop();
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.splice(0).map(({ process }) => process.stop()));
  }

  private flags(): string[] {
    const { directory, namespace, workflowStore, modelServer } = this.options;
    const flags = {
      'management-port': this.ports.management,
      'inference-port': this.ports.inference,
      'metrics-port': 0,
      'workflow-store': workflowStore,
      'model-server': `torchserve=${modelServer.managementUrl},${modelServer.inferenceUrl}`,
      'redis-namespace': namespace,
      'data-dir': join(directory, 'data'),
    };
    return Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  }
}
