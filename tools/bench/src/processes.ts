import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;
const readyTimeoutMs = 30_000;
const stopTimeoutMs = 15_000;
const tailCharacters = 2_000;

/** The groups that still run: none may outlive this process. */
const running = new Set<number>();
process.once('exit', () => {
  for (const group of running) signalGroup(group, 'SIGKILL');
});

/** What a process is started with. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Takes stdout and stderr: a pipe would cost the benchmark's own process time. */
  readonly logFile: string;
}

/** A process of the benchmark, in a group of its own: Ctrl-C in a terminal does not reach it, its end is decided here. */
export class ManagedProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    private readonly logFile: string,
  ) {}

  /** @throws when the command cannot be run. */
  static async start({ command, args, env, logFile }: ProcessOptions): Promise<ManagedProcess> {
    const log = openSync(logFile, 'w');
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    await once(child, 'spawn');
    const pid = child.pid as number;
    running.add(pid);
    child.once('exit', () => running.delete(pid));
    return new ManagedProcess(child, pid, logFile);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get output(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Resolves when the output holds `pattern`. @throws with the output's tail when the process ends or 30 s are over. */
  async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    for (const deadline = Date.now() + readyTimeoutMs; ; await sleep(pollMs)) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (!this.hasEnded && Date.now() < deadline) continue;
      throw new Error(`${this.child.spawnargs.join(' ')}: not ready. ${this.output.slice(-tailCharacters)}`);
    }
  }

  /** Resolves when it has ended by itself. @throws when it has not in time. */
  async ended(timeoutMs: number): Promise<void> {
    if (!this.hasEnded) await once(this.child, 'exit', { signal: AbortSignal.timeout(timeoutMs) });
  }

  /** Ends the whole group, by SIGKILL where the signal has not after 15 s. Safe to call again. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.hasEnded) {
      const ended = once(this.child, 'exit');
      signalGroup(this.pid, signal);
      const late = setTimeout(() => signalGroup(this.pid, 'SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(late);
    }
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended by itself.
  }
}
