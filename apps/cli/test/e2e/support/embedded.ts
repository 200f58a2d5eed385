import { Child, freePort } from '@torchweave/testing/process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, flagArguments } from './torchweave.js';

/** `torchweave start` with its own Redis and its own model server, in folders and on ports of a test's own. */
export class EmbeddedSystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-embedded-'));
  readonly workflowStore = join(this.directory, 'workflows');
  readonly modelStore = join(this.directory, 'models');
  child!: Child;
  private managementPort = 0;
  private inferencePort = 0;

  /** A system that is prepared and not started. */
  static async prepare(): Promise<EmbeddedSystem> {
    const system = new EmbeddedSystem();
    mkdirSync(system.workflowStore);
    mkdirSync(system.modelStore);
    const config = 'allowed_urls=file://.*|http(s)?://.*\nallow_private_addresses=true\n';
    writeFileSync(join(system.directory, 'config.properties'), config);
    [system.managementPort, system.inferencePort] = await Promise.all([freePort(), freePort()]);
    return system;
  }

  static async start(): Promise<EmbeddedSystem> {
    const system = await EmbeddedSystem.prepare();
    await system.launch();
    return system;
  }

  get management(): string {
    return `http://127.0.0.1:${this.managementPort}`;
  }

  get inference(): string {
    return `http://127.0.0.1:${this.inferencePort}`;
  }

  /** Starts it and waits until it is ready. */
  async launch(overrides: Readonly<Record<string, string>> = {}): Promise<void> {
    this.child = this.begin(overrides);
    await this.child.waitForOutput(/^start ready/m);
  }

  /** Starts it, ready or not. @param openFiles that it may have, where not as many as this process. */
  begin(overrides: Readonly<Record<string, string>> = {}, openFiles?: number): Child {
    const flags = {
      'management-port': String(this.managementPort),
      'inference-port': String(this.inferencePort),
      'workflow-store': this.workflowStore,
      'model-store': this.modelStore,
      'data-dir': join(this.directory, 'data'),
      'ts-config': join(this.directory, 'config.properties'),
      ...overrides,
    };
    const args = [command, 'start', ...flagArguments(flags)];
    if (openFiles === undefined) return Child.start(process.execPath, args);
    return Child.start('sh', ['-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', process.execPath, ...args]);
  }

  async dispose(): Promise<void> {
    await this.child.end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
