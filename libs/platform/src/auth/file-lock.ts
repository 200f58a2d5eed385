import { codeOf } from '@torchweave/kernel';
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** ms to wait for a process that holds the lock: it does so for one small file. */
const longestWaitMs = 2_000;
const lookEveryMs = 5;
/** ms after which whoever holds the lock is gone. */
const staleMs = 5_000;

/** The lock was not to be had, or was taken away. */
export class LockedError extends Error {
  readonly code = 'ELOCKED';
}

/** A file that is there while one process does what no other may do at the same time. */
export class FileLock {
  private readonly id = randomUUID();

  constructor(private readonly path: string) {}

  /**
   * Waits until nobody else holds the lock, and holds it while `act` runs. What a killed process has left is taken away after a
   * while.
   *
   * @throws LockedError when it is not to be had within two seconds; what the file system says.
   */
  hold<T>(act: (lock: FileLock) => T): T {
    const mine = `${this.path}.${this.id}`;
    writeFileSync(mine, this.id, { mode: 0o600, flag: 'wx' });
    try {
      const until = performance.now() + longestWaitMs;
      while (!this.isTaken(mine)) {
        if (performance.now() > until) throw new LockedError('another process changes it');
        this.removeStale(mine);
        pause(lookEveryMs);
      }
      try {
        return act(this);
      } finally {
        if (this.isHeld()) rmSync(this.path, { force: true });
      }
    } finally {
      rmSync(mine, { force: true });
    }
  }

  /** @throws LockedError when the lock was taken for a killed process's: this one stood still for too long. */
  assertHeld(): void {
    if (!this.isHeld()) throw new LockedError('another process has taken the lock');
  }

  private isTaken(mine: string): boolean {
    try {
      // Whole at once, and for one alone.
      linkSync(mine, this.path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  private isHeld(): boolean {
    return readIfThere(this.path) === this.id;
  }

  /** By the clock of the file system, which writes both times. */
  private removeStale(mine: string): void {
    const holder = readIfThere(this.path);
    const lock = statSync(this.path, { throwIfNoEntry: false });
    if (holder === undefined || lock === undefined) return;
    writeFileSync(mine, this.id);
    if (statSync(mine).mtimeMs - lock.mtimeMs < staleMs) return;
    const aside = `${mine}.stale`;
    try {
      renameSync(this.path, aside);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    // Another one may have done the same, and a third hold the lock by now.
    if (readIfThere(aside) !== holder) restore(aside, this.path);
    rmSync(aside, { force: true });
  }
}

function restore(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const waiting = new Int32Array(new SharedArrayBuffer(4));
const pause = (ms: number): void => void Atomics.wait(waiting, 0, 0, ms);
