import { mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ManagedProcess } from '../processes.js';
import { timeoutSeconds, type LoadGenerator, type LoadPlan, type LoadResult } from './load.js';

const script = fileURLToPath(new URL('../../lua/load.lua', import.meta.url));
const resultLine = /^BENCH (\{.*\})$/m;

interface WrkSummary {
  readonly durationUs: number;
  readonly requests: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly status: number;
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly timeout: number;
}

/** wrk, when it is on PATH. One thread: it is not the bound at what two cores can serve. */
export function findWrk(): LoadGenerator | undefined {
  const version = /^wrk (\S+)/m.exec(spawnSync('wrk', ['-v'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  return version === undefined ? undefined : { name: `wrk ${version}`, run: runWrk };
}

/**
 * Reads what wrk and the script printed.
 *
 * @throws when the script's line is not there: wrk could not connect, or was ended.
 */
export function parseWrkOutput(output: string): LoadResult {
  const line = resultLine.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk told no result: ${output.trim()}`);
  const told = JSON.parse(line) as WrkSummary;
  const succeeded = told.requests - told.status;
  return {
    perSecond: succeeded / (told.durationUs / 1e6),
    succeeded,
    p50Ms: told.requests === 0 ? NaN : told.p50Us / 1_000,
    p99Ms: told.requests === 0 ? NaN : told.p99Us / 1_000,
    errors: { status: told.status, socket: told.connect + told.read + told.write, timeout: told.timeout },
  };
}

async function runWrk({ url, clients, seconds, method, bodyBytes, below = 0 }: LoadPlan): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'torchweave-wrk-'));
  const flags = ['-t', '1', '-c', clients, '-d', seconds, '--timeout', `${timeoutSeconds}s`, '-s', script];
  const args = [...flags, encodeURI(url), '--', method, bodyBytes, below].map(String);
  const wrk = await ManagedProcess.start({ command: 'wrk', args, logFile: join(folder, 'wrk.log') });
  try {
    await wrk.ended((seconds + timeoutSeconds) * 1_000);
    return parseWrkOutput(wrk.output);
  } finally {
    await wrk.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
