import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Confinement } from '../options.js';
import { superviseScript } from '../python-sources.js';
import { ControlDecoder, encodeControl, type ControlEvent, type ControlRequest } from './control-frames.js';

/** How a supervisor process is started. */
export interface SupervisorLaunch {
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
  readonly onEvent: (event: ControlEvent) => void;
  /** The process had started and is gone; with the last thing it said on stderr. */
  readonly onExit: (lastWords: string) => void;
}

const startTimeoutMs = 30_000;

/** The system does not allow what processes are to be confined by. */
export class ConfinementError extends Error {
  constructor(
    readonly what: keyof Confinement,
    readonly reason: string,
  ) {
    super(`Python processes cannot be confined as the settings want it: ${reason}`);
  }
}

/** One supervisor: a Python process of ours, and the control connection to it. It ends when that connection does. */
export class SupervisorProcess {
  private exited = false;
  private lastWords = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly control: Socket,
  ) {}

  /**
   * Resolves when it takes control requests; rejects with an Error whose message says why it does not, a
   * {@link ConfinementError} where that is the cause.
   */
  static start(launch: SupervisorLaunch): Promise<SupervisorProcess> {
    const child = spawn(launch.python, ['-B', superviseScript, '3', JSON.stringify(launch.confinement)], {
      env: launch.environment,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // A session of its own: a terminal's Ctrl-C is for Torchweave, which lets calls under way end.
      detached: true,
    });
    // Where no file is left there are no pipes; the event tells why.
    if ((child.stdio as unknown) === undefined) {
      return new Promise((_, reject) => child.once('error', reject));
    }
    const control = child.stdio[3];
    if (!(control instanceof Socket)) throw new Error('the control connection is not a socket');
    const supervisor = new SupervisorProcess(child, control);
    return supervisor.started(launch);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  send(request: ControlRequest): void {
    if (!this.exited) this.control.write(encodeControl(request));
  }

  /** Has it end all processes and then itself. */
  async shutdown(timeoutMs: number): Promise<void> {
    if (this.exited) return;
    const gone = new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    this.send({ op: 'shutdown' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    await gone;
    clearTimeout(timer);
  }

  private started(launch: SupervisorLaunch): Promise<SupervisorProcess> {
    const { child, control } = this;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
      const decoder = new ControlDecoder();
      let ready = false;
      let refusal: ConfinementError | undefined;
      control.on('data', (chunk: Buffer) => {
        for (const event of decoder.push(chunk)) {
          if (event.event === 'started') {
            clearTimeout(timer);
            ready = true;
            resolve(this);
          } else if (event.event === 'refused') {
            refusal = new ConfinementError(event.what, event.reason);
          } else {
            launch.onEvent(event);
          }
        }
      });
      // The end of the process tells all there is to tell.
      control.on('error', () => undefined);
      child.stderr?.setEncoding('utf8').on('data', (text: string) => this.hear(text));
      const gone = (reason: string): void => {
        if (this.exited) return;
        this.exited = true;
        clearTimeout(timer);
        control.destroy();
        if (ready) launch.onExit(reason);
        else reject(refusal ?? new Error(`${launch.python} cannot be started: ${reason}`));
      };
      child.once('error', (error) => gone(error.message));
      child.once('close', (code, signal) => gone(this.lastWords || `it ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  private hear(text: string): void {
    const lines = text.trim().split('\n');
    this.lastWords = (lines.at(-1) ?? '').slice(0, 2_000) || this.lastWords;
  }
}
