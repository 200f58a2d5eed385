import { isOutOfFiles } from '@torchweave/kernel';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Confinement } from '../options.js';
import { superviseScript } from '../python-sources.js';
import { ControlDecoder, encodeControl, type ControlEvent, type ControlRequest } from './control-frames.js';

/** How a supervisor is started. */
export interface SupervisorLaunch {
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
  /** The folder that those of all starts are in: what earlier ones have left below it is ended first. */
  readonly root: string;
  /** Of this start alone; what is in it is removed when the supervisor ends. */
  readonly folder: string;
  readonly onEvent: (event: ControlEvent) => void;
  /** It had started and has ended; with the last thing that was said on stderr. */
  readonly onExit: (lastWords: string) => void;
}

const startTimeoutMs = 30_000;
/** ms in which its last words come after its end: something else may hold that pipe. */
const lastWordsMs = 200;
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

/** A supervisor, a Python process of ours, and the control connection to it. It ends when the connection does. */
export class SupervisorProcess {
  /**
   * Resolves when it takes control requests; rejects with an Error whose message says why it does not, a
   * {@link ConfinementError} where that is the cause.
   */
  readonly started: Promise<void>;
  /** Resolves when the supervisor has ended; false when it was killed, and so what processes have left was not ended. */
  readonly gone: Promise<boolean>;
  private readonly child: ChildProcess;
  private readonly control: Socket;
  private readonly decoder = new ControlDecoder();
  private notifyStarted: () => void = () => undefined;
  private notifyFailed: (error: Error) => void = () => undefined;
  private notifyGone: (endedItself: boolean) => void = () => undefined;
  private hasStarted = false;
  private refusal: ConfinementError | undefined;
  private exited = false;
  private lastWords = '';
  private signTimer: NodeJS.Timeout | undefined;
  private readonly startTimer: NodeJS.Timeout;

  constructor(private readonly launch: SupervisorLaunch) {
    const { python, environment, confinement, root, folder } = launch;
    this.child = spawn(python, ['-B', superviseScript, '3', JSON.stringify(confinement), root, folder], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // A session of its own: a terminal's Ctrl-C is for Torchweave, which lets calls under way end.
      detached: true,
    });
    // Where no file is left there are no pipes; the child's error tells why.
    const control = (this.child.stdio as unknown) === undefined ? new Socket() : this.child.stdio[3];
    if (!(control instanceof Socket)) throw new Error('the control connection is not a socket');
    this.control = control;
    this.started = new Promise((resolve, reject) => {
      this.notifyStarted = resolve;
      this.notifyFailed = reject;
    });
    this.gone = new Promise((resolve) => (this.notifyGone = resolve));
    this.startTimer = setTimeout(() => this.kill(), startTimeoutMs);
    this.listen();
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
    child.once('exit', (code, signal) => {
      const end = (): void => {
        clearTimeout(timer);
        this.ended(this.lastWords || `it ended with ${signal ?? `exit code ${code}`}`);
      };
      const timer = setTimeout(end, lastWordsMs);
      child.once('close', end);
    });
  }

  private heard(event: ControlEvent): void {
    this.stopAwaiting();
    switch (event.event) {
      case 'started':
        clearTimeout(this.startTimer);
        this.hasStarted = true;
        this.notifyStarted();
        return;
      case 'refused':
        this.refusal = new ConfinementError(event.what, event.reason);
        return;
      default:
        this.launch.onEvent(event);
    }
  }

  private ended(reason: string, cause?: Error): void {
    if (this.exited) return;
    this.exited = true;
    clearTimeout(this.startTimer);
    this.stopAwaiting();
    this.control.destroy();
    const { python, onExit } = this.launch;
    if (this.hasStarted) onExit(reason);
    else if (cause !== undefined && isOutOfFiles(cause)) this.notifyFailed(cause);
    else this.notifyFailed(this.refusal ?? new Error(`${python} cannot be started: ${reason}`));
    this.notifyGone(this.child.exitCode === 0);
  }

  /** A function may stop its supervisor: then nobody is killed for a deadline. */
  private awaitSign(missed = 0): void {
    this.signTimer ??= setTimeout(() => {
      // After a poll for I/O: what has come while this process was busy is a sign.
      setImmediate(() => setImmediate(() => this.signTimer !== undefined && this.missedSign(missed + 1)));
    }, signMs);
  }

  private missedSign(missed: number): void {
    this.signTimer = undefined;
    if (missed === mostSignsMissed || isStopped(this.child.pid)) this.kill();
    else this.awaitSign(missed);
  }

  private stopAwaiting(): void {
    clearTimeout(this.signTimer);
    this.signTimer = undefined;
  }

  private kill(): void {
    this.child.kill('SIGKILL');
  }

  private hear(text: string): void {
    const lines = text.trim().split('\n');
    this.lastWords = (lines.at(-1) ?? '').slice(0, 2_000) || this.lastWords;
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
