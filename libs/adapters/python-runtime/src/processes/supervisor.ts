import { randomUUID } from 'node:crypto';
import type { ResolvedPythonOptions } from '../options.js';
import type { ControlEvent } from './control-frames.js';
import { logOutput } from './process-output.js';
import type { Loadable, ProcessOwner } from './process-spec.js';
import { PythonProcess } from './python-process.js';
import { SocketDirectory } from './socket-directory.js';
import { SupervisorProcess } from './supervisor-process.js';

const shutdownTimeoutMs = 3_000;
/** Bytes of an answer beside its value: what a handler sets as headers, or the sentence of a failure. */
const roomForHeaders = 1_048_576;

/**
 * Starts Python processes, by way of one supervisor process that forks them.
 *
 * The supervisor starts with the first process that is wanted, and again when it was lost; the processes of a lost one
 * have ended with it, and whoever uses them starts new ones.
 */
export class Supervisor {
  private readonly processes = new Map<string, PythonProcess>();
  private sockets: Promise<SocketDirectory> | undefined;
  private running: Promise<SupervisorProcess> | undefined;
  private closing: Promise<void> | undefined;

  constructor(readonly options: ResolvedPythonOptions) {}

  /** @throws Error that says why Python cannot be started; ConfinementError where it cannot be confined as wanted. */
  async start(): Promise<void> {
    await this.supervisor();
  }

  /** A path beside the sockets at which nothing is: whatever ends this runtime, a kill too, removes what is made there. */
  async nextFolder(): Promise<string> {
    return `${(await this.socketDirectory()).next()}.files`;
  }

  /** Begins to start a process; its `loaded` tells how that went. */
  spawn(loadable: Loadable, owner: ProcessOwner): PythonProcess {
    const id = randomUUID();
    const kill = (): void => void this.kill(id);
    const { loadTimeoutMs, maxResponseBytes } = this.options;
    const rows = loadable.kind === 'model' ? Math.max(1, loadable.batchSize) : 1;
    const process = new PythonProcess(id, owner, loadTimeoutMs, rows * (maxResponseBytes + roomForHeaders), kill);
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
    const supervisor = await this.supervisor();
    const sockets = await this.socketDirectory();
    if (process.leaving) throw new Error('it was not wanted any more');
    const { serverVersion, maxResponseBytes, logBytesPerSecond, limits } = this.options;
    const spec = { ...loadable, serverVersion, maxResponseBytes, logBytesPerSecond, limits };
    supervisor.send({ op: 'spawn', process: process.id, path: sockets.next(), spec });
  }

  private async kill(id: string): Promise<void> {
    const supervisor = await this.running?.catch(() => undefined);
    if (supervisor === undefined) this.processes.get(id)?.exited({ code: null, signal: null });
    else supervisor.send({ op: 'kill', process: id });
  }

  private async supervisor(): Promise<SupervisorProcess> {
    if (this.closing !== undefined) throw new Error('the Python runtime is closed');
    this.running ??= this.launch();
    return this.running;
  }

  private async launch(): Promise<SupervisorProcess> {
    try {
      const sockets = await this.socketDirectory();
      const { python, environment, confinement } = this.options;
      const onEvent = (event: ControlEvent): void => this.heard(event);
      const onExit = (lastWords: string): void => this.lost(lastWords);
      const supervisor = await SupervisorProcess.start({ python, environment, confinement, onEvent, onExit });
      supervisor.send({ op: 'socketDirectory', path: sockets.path });
      return supervisor;
    } catch (error) {
      this.running = undefined;
      throw error;
    }
  }

  private socketDirectory(): Promise<SocketDirectory> {
    const { socketDirectory, confinement } = this.options;
    this.sockets ??= SocketDirectory.create(socketDirectory, confinement.user !== undefined);
    return this.sockets;
  }

  private heard(event: ControlEvent): void {
    if (event.event === 'started' || event.event === 'refused') return;
    const process = this.processes.get(event.process);
    switch (event.event) {
      case 'spawned':
        process?.connect(event.pid, event.path);
        return;
      case 'spawnFailed':
        process?.failed(Object.assign(new Error(event.reason), { code: event.code }));
        process?.failedToStart(event.reason);
        return;
      case 'exited':
        process?.exited({ code: event.code, signal: event.signal });
        return;
      case 'output':
        logOutput(this.options.logger, process?.owner ?? {}, event);
        return;
    }
  }

  private lost(lastWords: string): void {
    this.running = undefined;
    if (this.closing === undefined && this.processes.size > 0) {
      this.options.logger.error({ reason: lastWords }, 'the Python supervisor is lost; it is started again');
    }
    // A copy: replacements come into the map while the lost ones are taken leave of.
    for (const process of [...this.processes.values()]) {
      // Its own process has the kernel's word to die with the supervisor; what it forked has not.
      if (process.pid !== undefined) killGroup(process.pid);
      process.exited({ code: null, signal: null });
    }
  }

  private async shutdown(): Promise<void> {
    const supervisor = await this.running?.catch(() => undefined);
    await supervisor?.shutdown(shutdownTimeoutMs);
    await Promise.all([...this.processes.values()].map((process) => process.ended));
    await (await this.sockets?.catch(() => undefined))?.remove();
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has gone already.
  }
}
