import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../../../../', import.meta.url));
/** The commit that is 0.1.0. */
const commit = 'f8972c556fe41e7c6c164f8a282d126c26f1fca6';
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'torchweave', 'releases');
const directory = join(cache, `0.1.0-${commit.slice(0, 12)}`);
/** ms that one step of the build may take on a slow machine. */
const stepTimeoutMs = 900_000;

/** Why 0.1.0 cannot be built here; undefined where it can, or has been. */
export function missingRelease(): string | undefined {
  if (existsSync(directory)) return undefined;
  try {
    execFileSync('git', ['-C', repository, 'cat-file', '-e', `${commit}^{commit}`], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'the history of this folder does not have 0.1.0: clone all of it with git';
  }
}

/** Builds 0.1.0 from its commit, once for all tests to come, and resolves to its command. */
export async function releasedCommand(): Promise<string> {
  if (!existsSync(directory)) await build();
  return join(directory, 'apps/cli/bin/torchweave.js');
}

/** What is built in part counts for nothing: it gets its name in the end. */
async function build(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    const archive = join(building, 'source.tar');
    await run('git', ['-C', repository, 'archive', '--output', archive, commit]);
    await run('tar', ['-xf', archive, '-C', building]);
    rmSync(archive);
    const npm = { cwd: building, timeout: stepTimeoutMs, maxBuffer: 64 * 1_048_576 };
    await run('npm', ['ci', '--no-audit', '--no-fund'], npm);
    await run('npm', ['run', 'build'], npm);
    renameSync(building, directory);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
