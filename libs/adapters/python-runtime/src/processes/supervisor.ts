import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ResolvedPythonOptions } from '../options.js';
import { Backoff } from '../backoff.js';
import type { ControlEvent } from './control-frames.js';
import { logOutput } from './process-output.js';
import type { Loadable, ProcessOwner } from './process-spec.js';
import { PythonProcess } from './python-process.js';
import { SocketDirectory, type LaunchFolder } from './socket-directory.js';
import { SupervisorProcess } from './supervisor-process.js';

const shutdownTimeoutMs = 3_000;
/** A supervisor that is lost sooner is started again later and later: a function may be what ends it. */
const stableAfterMs = 60_000;

interface Launched {
  readonly supervisor: SupervisorProcess;
  readonly folder: LaunchFolder;
}

/**
 * Starts Python processes, by way of one supervisor process that forks them.
 *
 * The supervisor starts with the first process that is wanted, and again when it was lost; the processes of a lost one
 * have ended with it, and whoever uses them starts new ones.
 */
export class Supervisor {
  private readonly processes = new Map<string, PythonProcess>();
  private sockets: Promise<SocketDirectory> | undefined;
  private running: Promise<Launched> | undefined;
  /** True from a loss until another supervisor has ended what the lost one's processes have left. */
  private mayHaveLeft = false;
  private readonly backoff = new Backoff();
  private startedAt = 0;
  private pauseMs = 0;
  private endPause: () => void = () => undefined;
  private closing: Promise<void> | undefined;

  constructor(readonly options: ResolvedPythonOptions) {}

  /** @throws Error that says why Python cannot be started; ConfinementError where it cannot be confined as wanted. */
  async start(): Promise<void> {
    await this.supervisor();
  }

  /** A path beside the sockets at which nothing is: whatever ends this runtime, a kill too, removes what is made there. */
  async nextFolder(): Promise<string> {
    return join((await this.socketDirectory()).path, `${randomUUID()}.files`);
  }

  /** Begins to start a process; its `loaded` tells how that went. */
  spawn(loadable: Loadable, owner: ProcessOwner): PythonProcess {
    const id = randomUUID();
    const kill = (): void => void this.kill(id);
    const { loadTimeoutMs, maxResponseBytes } = this.options;
    const nodes = loadable.kind === 'functions' ? loadable.functions.map(({ name }) => name) : [];
    const process = new PythonProcess(id, owner, nodes, loadTimeoutMs, maxResponseBytes, kill);
    this.processes.set(id, process);
    void process.ended.then(() => this.processes.delete(id));
    this.requestSpawn(process, loadable).catch((error: unknown) => {
      if (error instanceof Error) process.failed(error);
      process.failedToStart(error instanceof Error ? error.message : String(error));
    });
    return process;
  }

  /** Ends every process and takes no new ones. */
  close(): Promise<void> {
    this.closing ??= this.shutdown();
    return this.closing;
  }

  private async requestSpawn(process: PythonProcess, loadable: Loadable): Promise<void> {
    const { supervisor, folder } = await this.supervisor();
    if (process.leaving) throw new Error('it was not wanted any more');
    const { serverVersion, maxResponseBytes, logBytesPerSecond, limits } = this.options;
    const spec = { ...loadable, serverVersion, maxResponseBytes, logBytesPerSecond, limits };
    supervisor.send({ op: 'spawn', process: process.id, path: folder.nextSocket(), spec });
  }

  private async kill(id: string): Promise<void> {
    const running = await this.running?.catch(() => undefined);
    if (running === undefined) this.processes.get(id)?.exited({ code: null, signal: null });
    else running.supervisor.send({ op: 'kill', process: id });
  }

  private async supervisor(): Promise<Launched> {
    if (this.closing !== undefined) throw new Error('the Python runtime is closed');
    this.running ??= this.launch();
    return this.running;
  }

  private async launch(): Promise<Launched> {
    try {
      await this.pause();
      return await this.launchNow();
    } catch (error) {
      this.running = undefined;
      throw error;
    }
  }

  private async launchNow(): Promise<Launched> {
    const { python, environment, confinement } = this.options;
    const sockets = await this.socketDirectory();
    const folder = await sockets.nextLaunch();
    const supervisor = new SupervisorProcess({
      ...{ python, environment, confinement, root: sockets.path, folder: folder.path },
      onEvent: (event) => this.heard(event),
      onExit: (reason) => this.lost(reason),
    });
    await supervisor.started;
    this.mayHaveLeft = false;
    void supervisor.gone.then((endedItself) => (this.mayHaveLeft ||= !endedItself));
    this.startedAt = performance.now();
    return { supervisor, folder };
  }

  private socketDirectory(): Promise<SocketDirectory> {
    const { socketDirectory, confinement } = this.options;
    this.sockets ??= SocketDirectory.create(socketDirectory, confinement.user !== undefined);
    return this.sockets;
  }

  private heard(event: ControlEvent): void {
    if (!('process' in event)) return;
    const process = this.processes.get(event.process);
    switch (event.event) {
      case 'spawned':
        process?.connect(event.pid, event.path);
        return;
      case 'spawnFailed':
        process?.failed(Object.assign(new Error(event.reason), { code: event.code }));
        process?.failedToStart(event.reason, true);
        return;
      case 'exited':
        process?.exited({ code: event.code, signal: event.signal });
        return;
      case 'output':
        logOutput(this.options.logger, process?.owner ?? {}, event, process?.spokenFor(event.call));
        return;
    }
  }

  private lost(lastWords: string): void {
    this.running = undefined;
    if (performance.now() - this.startedAt >= stableAfterMs) this.backoff.reset();
    // The first time at once.
    this.pauseMs = this.backoff.failures === 0 ? 0 : this.backoff.next();
    if (this.pauseMs === 0) this.backoff.next();
    if (this.closing === undefined && this.processes.size > 0) {
      const data = { reason: lastWords, restartInMs: this.pauseMs };
      this.options.logger.error(data, 'the Python supervisor is lost; it is started again');
    }
    // A copy: replacements come into the map while the lost ones are taken leave of.
    for (const process of [...this.processes.values()]) {
      // Its own process has the kernel's word to die with the supervisor, no more.
      if (process.pid !== undefined) killGroup(process.pid);
      process.exited({ code: null, signal: null });
    }
    // Whether or not anything is to run again: it ends what is left.
    if (this.closing === undefined) this.supervisor().catch(() => undefined);
  }

  /** Before it is started again; over at once when nobody wants that any more. */
  private async pause(): Promise<void> {
    if (this.pauseMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.pauseMs);
        this.endPause = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.closing !== undefined) throw new Error('the Python runtime is closed');
  }

  private async shutdown(): Promise<void> {
    this.endPause();
    const running = await this.running?.catch(() => undefined);
    await running?.supervisor.shutdown(shutdownTimeoutMs);
    if (this.mayHaveLeft) await this.endLeft();
    await Promise.all([...this.processes.values()].map((process) => process.ended));
    const sockets = await this.sockets?.catch(() => undefined);
    await sockets?.remove(this.options.logger);
  }

  private async endLeft(): Promise<void> {
    try {
      const { supervisor } = await this.launchNow();
      await supervisor.shutdown(shutdownTimeoutMs);
    } catch (error) {
      this.options.logger.warn({ err: error }, 'what functions have started may be left; the next start ends it');
    }
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has gone already.
  }
}
