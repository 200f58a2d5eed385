import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInstaller } from './installer.js';
import type { ModelFiles } from './model-source.js';

export interface VirtualEnvironmentsOptions {
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the environments are kept; where absent, in a temporary folder that goes with the server. */
  readonly folder?: string | undefined;
}

/** ms after the first use within which every model that is registered has its environment again. */
const sweepAfterMs = 3_600_000;

interface Environment {
  readonly made: Promise<string>;
  users: number;
}

/** Virtual environments with what a model archive requires, one for each digest, for as long as a model uses it. */
export class VirtualEnvironments {
  private readonly known = new Map<string, Environment>();
  private root: Promise<string> | undefined;
  private sweeping: NodeJS.Timeout | undefined;

  constructor(private readonly options: VirtualEnvironmentsOptions) {}

  /**
   * The interpreter of the archive's environment, which is made where it is not there. Whoever asks gives it back with
   * {@link release}, also when this fails.
   *
   * @throws TorchweaveError `modelServerRefused` with pip's last word.
   */
  pythonFor(files: ModelFiles, requirementsFile: string): Promise<string> {
    const { digest } = files;
    let environment = this.known.get(digest);
    if (environment === undefined) {
      environment = { made: this.make(files, requirementsFile), users: 0 };
      // Whoever asked has been told.
      environment.made.catch(() => undefined);
      this.known.set(digest, environment);
    }
    environment.users += 1;
    return environment.made;
  }

  /** Removes the environment with its last user. */
  async release({ digest }: ModelFiles): Promise<void> {
    const environment = this.known.get(digest);
    if (environment === undefined) return;
    environment.users -= 1;
    if (environment.users > 0) return;
    this.known.delete(digest);
    await rm(join(await this.folder(), digest), { recursive: true, force: true });
  }

  /** Environments in a folder that was given stay for the next start. */
  async close(): Promise<void> {
    clearTimeout(this.sweeping);
    if (this.root === undefined || this.options.folder !== undefined) return;
    await rm(await this.root, { recursive: true, force: true });
  }

  private async make(files: ModelFiles, requirementsFile: string): Promise<string> {
    const folder = await this.folder();
    const complete = join(folder, files.digest);
    const python = join(complete, 'bin', 'python');
    const marker = join(complete, 'torchweave-complete');
    if (existsSync(marker)) return python;
    await rm(complete, { recursive: true, force: true });
    const { python: base, environment } = this.options;
    const options = { cwd: files.directory, environment, ownFolders: [files.directory, complete, folder] };
    await runInstaller(base, ['-m', 'venv', '--system-site-packages', complete], options);
    const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '-r', requirementsFile];
    await runInstaller(python, pip, options);
    // Not made elsewhere and moved into place, as an environment holds its own path: what has the marker is complete.
    await writeFile(marker, '');
    return python;
  }

  private folder(): Promise<string> {
    this.root ??= this.openFolder();
    return this.root;
  }

  private async openFolder(): Promise<string> {
    const { folder } = this.options;
    if (folder === undefined) return mkdtemp(join(tmpdir(), 'torchweave-venv-'));
    await mkdir(folder, { recursive: true });
    this.sweeping = setTimeout(() => void this.sweep(folder).catch(() => undefined), sweepAfterMs).unref();
    return folder;
  }

  /** Removes what a server that was killed has left, and no model has asked for since. */
  private async sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      if (!this.known.has(name)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
