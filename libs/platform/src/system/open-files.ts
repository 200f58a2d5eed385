import { TorchweaveError } from '@torchweave/domain';
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings/settings.js';

/** Files that a process has open beside its clients' connections and its Python processes: Redis, logs, archives, downloads. */
const reserve = 64;
/** Servers of one process have a part of the rest each; what is left is for Python processes and model servers. */
const parts = 3;
/** Files that a registration under way may have open. */
const filesOfJob = 16;

/**
 * How many files and connections the system lets this process have open at once, as it is now; undefined where it does not say,
 * or sets no limit.
 */
export function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    const limit = Number(soft);
    return Number.isInteger(limit) ? limit : undefined;
  } catch {
    // No Linux; or there is no file left to read it with, and what was read before holds.
    return undefined;
  }
}

/** Connections that a server may have: no more than is wanted, and no more than its part of what the process may open. */
export function connectionsWithin(limit: number | undefined, wanted: number): number {
  if (limit === undefined) return wanted;
  return Math.max(1, Math.min(wanted, Math.floor((limit - reserve) / parts)));
}

/**
 * Refuses a start that would end in whatever a module says that could not be read.
 *
 * @throws TorchweaveError `configurationInvalid`.
 */
export function assertEnoughFiles(limit: number | undefined, least: number): void {
  if (limit === undefined || limit >= least) return;
  const rule = `at least ${least}, for so many files are read at once at start (LimitNOFILE of systemd, --ulimit nofile of docker)`;
  throw new TorchweaveError('configurationInvalid', { setting: 'ulimit -n', value: String(limit), rule });
}

/** What an app needs files for. */
export type FileUse = 'connections' | 'jobs';

/**
 * What to say at start of a limit that is too low for the settings; undefined where it is not.
 *
 * @param uses what the app does.
 */
export function tooFewFiles(
  limit: number | undefined,
  { maxConnections, jobConcurrency }: Pick<Settings, 'maxConnections' | 'jobConcurrency'>,
  uses: readonly FileUse[],
): { readonly message: string; readonly needed: number } | undefined {
  if (limit === undefined) return undefined;
  const forConnections = uses.includes('connections') ? reserve + parts * maxConnections : 0;
  const forJobs = uses.includes('jobs') ? reserve + filesOfJob * jobConcurrency : 0;
  const needed = Math.max(forConnections, forJobs);
  if (limit >= needed) return undefined;
  const raise = `raise the limit to ${needed} (ulimit -n, LimitNOFILE of systemd, --ulimit nofile of docker)`;
  const message =
    limit < forConnections
      ? `this process may have ${limit} files open: a server takes ${connectionsWithin(limit, maxConnections)} connections instead of ` +
        `max_connections, ${maxConnections}; ${raise} or lower max_connections`
      : `this process may have ${limit} files open, too few for ${jobConcurrency} registrations at once; ${raise} or lower job-concurrency`;
  return { message, needed };
}
