import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnpackedArchive } from '@torchweave/application';
import { refused } from './model-errors.js';

export interface VirtualEnvironmentsOptions {
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the environments are kept; where absent, in a temporary folder that goes with the server. */
  readonly folder?: string | undefined;
}

/** Virtual environments with what a model archive requires, one for each digest. */
export class VirtualEnvironments {
  private readonly made = new Map<string, Promise<string>>();
  private temporary: Promise<string> | undefined;

  constructor(private readonly options: VirtualEnvironmentsOptions) {}

  /**
   * The interpreter of the archive's environment, which is made the first time.
   *
   * @throws TorchweaveError `modelServerRefused`, status 500, with pip's last word.
   */
  async pythonFor(archive: UnpackedArchive, requirementsFile: string): Promise<string> {
    const { digest } = archive;
    let made = this.made.get(digest);
    if (made === undefined) {
      made = this.make(archive, requirementsFile);
      this.made.set(digest, made);
      // A failure, of the network say, may be tried again.
      made.catch(() => this.made.delete(digest));
    }
    return made;
  }

  async close(): Promise<void> {
    const folder = await this.temporary;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  private async make(archive: UnpackedArchive, requirementsFile: string): Promise<string> {
    const folder = await this.folder();
    const complete = join(folder, archive.digest);
    const python = join(complete, 'bin', 'python');
    const marker = join(complete, 'torchweave-complete');
    if (existsSync(marker)) return python;
    const { python: base } = this.options;
    await rm(complete, { recursive: true, force: true });
    await this.run(base, ['-m', 'venv', '--system-site-packages', complete], archive.directory);
    const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '-r', requirementsFile];
    await this.run(python, pip, archive.directory);
    // Not made elsewhere and moved into place, as an environment holds its own path: what has the marker is complete.
    await writeFile(marker, '');
    return python;
  }

  private folder(): Promise<string> | string {
    if (this.options.folder !== undefined) return this.options.folder;
    this.temporary ??= mkdtemp(join(tmpdir(), 'torchweave-venv-'));
    return this.temporary;
  }

  private run(command: string, args: readonly string[], cwd: string): Promise<void> {
    const child = spawn(command, args, { cwd, env: this.options.environment, stdio: ['ignore', 'ignore', 'pipe'] });
    let lastWords = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = text.trim().split('\n');
      lastWords = (lines.filter((line) => line.startsWith('ERROR')).at(-1) ?? lines.at(-1) ?? '') || lastWords;
    });
    return new Promise((resolve, reject) => {
      const failed = (reason: string): void => reject(refused(500, `The requirements cannot be installed: ${reason}`));
      child.once('error', (error) => failed(error.message));
      child.once('close', (code) => (code === 0 ? resolve() : failed(lastWords || `${command} ended with ${code}`)));
    });
  }
}
