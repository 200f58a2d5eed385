import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/** A process group that this process made: `pid` led it, and every descendant that made no group of its own is in it. */
export class ProcessGroup {
  readonly #leader: number;

  constructor(leader: number) {
    this.#leader = leader;
  }

  /** Sends `signal` to every member. A group that is gone is not signalled: its id may be another's by now. */
  signal(signal: NodeJS.Signals): void {
    if (!this.isAlive()) return;
    try {
      process.kill(-this.#leader, signal);
    } catch (error) {
      if (!isNoSuchProcess(error)) throw error;
    }
  }

  /** Resolves to whether the group ended within `timeoutMs`. */
  async ended(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (this.isAlive()) {
      if (Date.now() >= deadline) return false;
      await sleep(pollMs);
    }
    return true;
  }

  /** Whether a member still runs. A zombie does not count: in a container the first process may never collect it. */
  isAlive(): boolean {
    try {
      process.kill(-this.#leader, 0);
    } catch (error) {
      if (isNoSuchProcess(error)) return false;
      throw error;
    }
    return runningGroups()?.has(this.#leader) ?? true;
  }
}

/** The groups that have a running process; undefined where there is no /proc. */
function runningGroups(): Set<number> | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  const groups = new Set<number>();
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const [state, , group] = statFields(name);
    if (group !== undefined && state !== 'Z' && state !== 'X') groups.add(Number(group));
  }
  return groups;
}

/** The fields of /proc/PID/stat after the command, which is in parentheses and may hold spaces: state, parent, group, … */
function statFields(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // it ended meanwhile
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}
