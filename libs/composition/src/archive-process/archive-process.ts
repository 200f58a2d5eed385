import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { bytesDescriptor, errorOf, type ArchiveWork, type Report } from './messages.js';

export interface ArchiveProcessOptions {
  /** MiB of JavaScript values. */
  readonly heapMiB: number;
  /** MiB in memory of the process as a whole, where the system tells it (Linux). */
  readonly residentMiB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** What is to be done, and within which time. */
export interface ArchiveTask {
  readonly work: ArchiveWork;
  readonly limitMs: number;
  /** Called when fetched bytes begin to come. */
  readonly opened?: () => void;
}

/** The compiled file, also where sources are run as they are. */
const entry = fileURLToPath(new URL('../../dist/archive-process/child.js', import.meta.url));
/** ms between two looks at the memory. */
const lookMs = 100;
const pageBytes = 4_096;
const keptStderr = 2_000;

const tooMuchMemory = (mib: number): TorchweaveError =>
  new TorchweaveError('archiveLimitExceeded', { limit: 'MiB of memory to read it', allowed: mib });

/** A process that does one piece of work at a time; when it is killed or dies, only that one fails. */
export class ArchiveProcess {
  /** False when it can do no more. */
  isAlive = true;
  /** Resolves when the process has ended, whatever way. */
  readonly ended: Promise<void>;
  /** The bytes that a fetch brings; they end with the process. */
  readonly bytes = new PassThrough();
  private readonly child: ChildProcess;
  private settle: ((outcome: Report | Error) => void) | undefined;
  private opened: (() => void) | undefined;
  /** Why it was killed. */
  private verdict: TorchweaveError | undefined;
  private stderr = '';

  constructor(private readonly options: ArchiveProcessOptions) {
    const { heapMiB, environment } = options;
    this.child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, entry], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      serialization: 'advanced',
    });
    // Out of descriptors there is not even a child without a process.
    if ((this.child.stdio as unknown) === undefined) {
      this.child.on('error', () => undefined);
      throw new TorchweaveError('internal', { reason: 'no process can be started to read archives' });
    }
    this.child.on('message', (report: Report) => this.hear(report));
    this.child.stderr?.on('data', (text: Buffer) => (this.stderr = (this.stderr + text.toString()).slice(-keptStderr)));
    // Node lets the pipes of a child run dry when it ends, read or not: what nobody has begun to read must not be lost.
    pipeline(this.pipe, this.bytes, () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (reason: Error): void => {
        this.isAlive = false;
        this.settle?.(reason);
        resolve();
      };
      this.child.on('error', end);
      // Its last words may come after the news of its end, and are all there when the channel is closed.
      const isHeard = new Promise((heard) => this.child.once('disconnect', heard));
      this.child.on('exit', (code, signal) => void isHeard.then(() => end(this.deathOf(code, signal))));
    });
    this.rest();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  private get pipe(): Readable {
    return this.child.stdio[bytesDescriptor] as Readable;
  }

  /**
   * @returns the value of the work.
   * @throws what the work has thrown; TorchweaveError `archiveLimitExceeded` when it took too long or too much memory,
   * `archiveUnreadable` when the process has died of it, `internal` when somebody else has killed it.
   */
  async run({ work, limitMs, opened }: ArchiveTask): Promise<unknown> {
    this.child.ref();
    this.child.channel?.ref();
    (this.pipe as { ref?: () => void }).ref?.();
    this.opened = opened;
    const late = new TorchweaveError('archiveLimitExceeded', { limit: 'seconds to read it', allowed: limitMs / 1_000 });
    const deadline = setTimeout(() => this.kill(late), limitMs);
    const watch = setInterval(() => this.watchMemory(), lookMs).unref();
    try {
      const outcome = await new Promise<Report | Error>((resolve) => {
        this.settle = resolve;
        this.child.send(work, (error) => {
          if (error !== null) resolve(error);
        });
      });
      if (outcome instanceof Error) {
        await this.ended;
        throw this.verdict ?? outcome;
      }
      if (outcome.kind === 'failed') throw errorOf(outcome.failure);
      return outcome.kind === 'done' ? outcome.value : undefined;
    } finally {
      clearTimeout(deadline);
      clearInterval(watch);
      this.settle = undefined;
      this.rest();
    }
  }

  /** Ends the process at once. What it works on fails with `verdict`, where one is given. */
  kill(verdict?: TorchweaveError): void {
    this.verdict ??= verdict;
    this.isAlive = false;
    this.child.kill('SIGKILL');
  }

  /** A process that waits for work keeps nobody from ending. */
  private rest(): void {
    this.child.unref();
    this.child.channel?.unref();
    for (const pipe of [this.child.stderr, this.pipe]) (pipe as { unref?: () => void } | null)?.unref?.();
  }

  private hear(report: Report): void {
    if (report.kind === 'opened') this.opened?.();
    else this.settle?.(report);
  }

  private watchMemory(): void {
    const { residentMiB } = this.options;
    try {
      const pages = Number(readFileSync(`/proc/${this.child.pid ?? 0}/statm`, 'latin1').split(' ')[1]);
      if (pages * pageBytes > residentMiB * 1_024 ** 2) this.kill(tooMuchMemory(residentMiB));
    } catch {
      // It has ended, or the system does not tell.
    }
  }

  private deathOf(code: number | null, signal: NodeJS.Signals | null): TorchweaveError {
    const { logger, heapMiB } = this.options;
    if (this.settle !== undefined) {
      const { stderr, verdict } = this;
      logger.warn(
        { code, signal, stderr, reason: verdict?.message },
        'a process that reads archives has ended at its work',
      );
    }
    if (this.verdict !== undefined) return this.verdict;
    // So V8 ends when its heap is full.
    if (signal === 'SIGABRT' || code === 134) return tooMuchMemory(heapMiB);
    // The system's, when memory is short, or somebody's: not the archive's fault.
    if (signal === 'SIGKILL')
      return new TorchweaveError('internal', { reason: 'a process that reads archives was killed' });
    return new TorchweaveError('archiveUnreadable', { reason: 'the process that reads it has died of it' });
  }
}
