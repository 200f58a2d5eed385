import { isOutOfFiles } from '@torchweave/kernel';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Confinement } from '../options.js';
import { superviseScript } from '../python-sources.js';
import { ControlDecoder, encodeControl, type ControlEvent, type ControlRequest } from './control-frames.js';

/** How a keeper and its supervisors are started. */
export interface SupervisorLaunch {
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
  /** The folder that those of the supervisors are in. */
  readonly root: string;
  readonly onEvent: (event: ControlEvent) => void;
  /** A supervisor had started and was killed; another one can {@link SupervisorProcess.begin}. */
  readonly onLost: (reason: string) => void;
  /** All are gone; with the last thing that was said on stderr. */
  readonly onExit: (lastWords: string) => void;
}

const startTimeoutMs = 30_000;
/** ms in which a supervisor says something to what it is told, unless it is busy. */
const signMs = 3_000;
/** How often that may pass while it is. */
const mostSignsMissed = 10;

/** The system does not allow what processes are to be confined by. */
export class ConfinementError extends Error {
  constructor(
    readonly what: keyof Confinement,
    readonly reason: string,
  ) {
    super(`Python processes cannot be confined as the settings want it: ${reason}`);
  }
}

interface Starting {
  started(): void;
  failed(error: Error): void;
}

/**
 * A keeper and the supervisor that it has forked, Python processes of ours, and the control connection to the latter. When
 * the supervisor is killed the keeper forks another. Both end when the connection does.
 */
export class SupervisorProcess {
  /** Resolves when the supervisor, its keeper and everything that they had started have ended. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private readonly control: Socket;
  private readonly decoder = new ControlDecoder();
  /** The keeper counts its supervisors. */
  private start = 1;
  private starting: Starting | undefined;
  private refusal: ConfinementError | undefined;
  private exited = false;
  private lastWords = '';
  /** The supervisor's own; that of the child is its keeper's. */
  private supervisorPid: number | undefined;
  private signTimer: NodeJS.Timeout | undefined;

  constructor(private readonly launch: SupervisorLaunch) {
    const { python, environment, confinement, root } = launch;
    this.child = spawn(python, ['-B', superviseScript, '3', JSON.stringify(confinement), root], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // A session of its own: a terminal's Ctrl-C is for Torchweave, which lets calls under way end.
      detached: true,
    });
    // Where no file is left there are no pipes; the child's error tells why.
    const control = (this.child.stdio as unknown) === undefined ? new Socket() : this.child.stdio[3];
    if (!(control instanceof Socket)) throw new Error('the control connection is not a socket');
    this.control = control;
    this.gone = new Promise((resolve) => {
      this.child.once('close', () => resolve());
      this.child.once('error', () => resolve());
    });
    this.listen();
  }

  /**
   * Has the supervisor begin, the first one or the one after a loss. Resolves when it takes control requests; rejects with
   * an Error whose message says why it does not, a {@link ConfinementError} where that is the cause.
   *
   * @param folder of this start alone; what is in it is removed when the supervisor has ended.
   */
  begin(folder: string): Promise<void> {
    const { python } = this.launch;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.kill(), startTimeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        this.starting = undefined;
      };
      this.starting = {
        started: () => {
          end();
          resolve();
        },
        failed: (error) => {
          end();
          reject(error);
        },
      };
      if (this.exited) this.starting.failed(new Error(`${python} cannot be started: ${this.lastWords}`));
      else this.send({ op: 'begin', start: this.start, folder });
    });
  }

  send(request: ControlRequest): void {
    if (this.exited) return;
    this.control.write(encodeControl(request));
    if (request.op === 'kill' || request.op === 'spawn') this.awaitSign();
  }

  /** Has it end all processes and then itself. */
  async shutdown(timeoutMs: number): Promise<void> {
    this.send({ op: 'shutdown' });
    const timer = setTimeout(() => this.kill(), timeoutMs);
    await this.gone;
    clearTimeout(timer);
  }

  private listen(): void {
    const { child, control } = this;
    control.on('data', (chunk: Buffer) => {
      try {
        for (const event of this.decoder.push(chunk)) this.heard(event);
      } catch {
        // Somebody else has its end of the connection.
        this.kill();
        control.destroy();
      }
    });
    // The end of the process tells all there is to tell.
    control.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    child.once('error', (error) => this.ended(error.message, error));
    child.once('close', (code, signal) =>
      this.ended(this.lastWords || `it ended with ${signal ?? `exit code ${code}`}`),
    );
  }

  private heard(event: ControlEvent): void {
    this.stopAwaiting();
    switch (event.event) {
      case 'started':
        this.supervisorPid = event.pid;
        this.starting?.started();
        return;
      case 'refused':
        this.refusal = new ConfinementError(event.what, event.reason);
        return;
      case 'lost':
        this.supervisorPid = undefined;
        this.start += 1;
        this.lose(`it was killed by signal ${event.signal}`, this.launch.onLost);
        return;
      default:
        this.launch.onEvent(event);
    }
  }

  private ended(reason: string, cause?: Error): void {
    if (this.exited) return;
    this.exited = true;
    this.stopAwaiting();
    this.lastWords = reason;
    this.control.destroy();
    this.lose(reason, this.launch.onExit, cause);
  }

  private lose(reason: string, tell: (reason: string) => void, cause?: Error): void {
    const { python } = this.launch;
    if (this.starting === undefined) tell(reason);
    else if (cause !== undefined && isOutOfFiles(cause)) this.starting.failed(cause);
    else this.starting.failed(this.refusal ?? new Error(`${python} cannot be started: ${reason}`));
  }

  /** A function may stop its supervisor: then nobody is killed for a deadline. Its keeper ends all and forks another. */
  private awaitSign(missed = 0): void {
    this.signTimer ??= setTimeout(() => {
      // After a poll for I/O: what has come while this process was busy is a sign.
      setImmediate(() => setImmediate(() => this.signTimer !== undefined && this.missedSign(missed + 1)));
    }, signMs);
  }

  private missedSign(missed: number): void {
    this.signTimer = undefined;
    if (missed === mostSignsMissed || isStopped(this.supervisorPid)) this.end();
    else this.awaitSign(missed);
  }

  private stopAwaiting(): void {
    clearTimeout(this.signTimer);
    this.signTimer = undefined;
  }

  /** The supervisor alone; both, when its keeper does nothing about it. */
  private end(): void {
    const pid = this.supervisorPid;
    this.supervisorPid = undefined;
    if (pid === undefined || !killOne(pid)) this.kill();
    else this.awaitSign();
  }

  /** Both: each ends what it can when the other does, unless it hangs. */
  private kill(): void {
    this.child.kill('SIGKILL');
    if (this.supervisorPid !== undefined && !this.exited) killOne(this.supervisorPid);
  }

  private hear(text: string): void {
    const lines = text.trim().split('\n');
    this.lastWords = (lines.at(-1) ?? '').slice(0, 2_000) || this.lastWords;
  }
}

/** False when there is none. */
function killOne(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** True for a process that a signal or a debugger has stopped. Linux only. */
function isStopped(pid: number | undefined): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[Tt]/.test(status.slice(status.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
