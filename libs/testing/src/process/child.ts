import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const keptCharacters = 200_000;

/** A process that a test has started, with what it printed; events instead of sleeps. */
export class Child {
  private printed = '';
  private readonly watchers = new Set<() => void>();
  private readonly ended: Promise<void>;

  private constructor(
    private readonly process: ChildProcess,
    readonly name: string,
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed = (this.printed + text).slice(-keptCharacters);
        for (const watcher of this.watchers) watcher();
      });
    }
    this.ended = once(process, 'exit').then(() => {
      for (const watcher of this.watchers) watcher();
    });
  }

  static start(command: string, args: readonly string[], options: ChildOptions = {}): Child {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    });
    return new Child(child, [command, ...args].join(' '));
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error(`${this.name} has not started`);
    return this.process.pid;
  }

  get output(): string {
    return this.printed;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.process.exitCode;
  }

  /** Resolves when the output holds `pattern`; rejects when the process ends before or the time is over. */
  async waitForOutput(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        settle();
      };
      const fail = (why: string): void => done(() => reject(new Error(`${this.name}: ${why}\n${this.printed}`)));
      const timer = setTimeout(() => fail(`printed no ${String(pattern)} within ${timeoutMs} ms`), timeoutMs);
      const look = (): void => {
        const match = pattern.exec(this.printed);
        if (match !== null) done(() => resolve(match));
        else if (this.hasEnded) fail(`ended before it printed ${String(pattern)}`);
      };
      this.watchers.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.hasEnded) this.process.kill(signal);
    await this.ended;
  }

  async waitForEnd(): Promise<number | null> {
    await this.ended;
    return this.process.exitCode;
  }
}
