import { spawn } from 'node:child_process';
import { notRegistered } from './model-errors.js';

/** ms that one command may take. */
const timeLimitMs = 600_000;
const longestOutput = 65_536;
const longestReason = 1_000;

export interface InstallerOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Paths that are the server's own business. */
  readonly ownFolders: readonly string[];
}

/**
 * Runs one command that makes an environment.
 *
 * @throws TorchweaveError `modelServerRefused` with what the command said last, without paths of this machine.
 */
export function runInstaller(command: string, args: readonly string[], options: InstallerOptions): Promise<void> {
  const { cwd, environment: env, ownFolders } = options;
  // A group of its own, so that its compilers end with it.
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-longestOutput)));
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(notRegistered(`The requirements cannot be installed: ${reason}`));
    };
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      fail(`that took more than ${timeLimitMs / 1_000} s.`);
    }, timeLimitMs);
    child.once('error', () => fail('the Python of this server cannot be started.'));
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else fail(withoutPaths(lastWords(output) || `the installer ended with exit code ${code}.`, ownFolders));
    });
  });
}

/** The last error that pip tells, with the lines that go on from it: the last of them names the line of the file. */
export function lastWords(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const error = lines.findLastIndex((line) => line.startsWith('ERROR'));
  const told = error < 0 ? lines.slice(-1) : lines.slice(error, error + 5);
  return told
    .map((line) => line.trim())
    .join(' ')
    .slice(0, longestReason);
}

/** Paths of the archive stay as they are in it, of any other the last part; a URL keeps its path and loses its password. */
export function withoutPaths(text: string, ownFolders: readonly string[]): string {
  const shortened = ownFolders.reduce(
    (told, folder) => told.replaceAll(`${folder}/`, '').replaceAll(folder, '.'),
    text,
  );
  return shortened
    .replace(/:\/\/[^/\s@]+@/g, '://')
    .replace(/(?<![\w.:/-])\/(?:[^\s/'":,;()]+\/)*([^\s/'":,;()]+)/g, '$1');
}
