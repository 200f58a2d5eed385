import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';

/** What fits into a socket address on every system, its final zero byte excepted. */
const maxSocketPath = 103;
/** Room for a start's own folder and the socket's name: two dashes and numbers. */
const socketNameLength = 24;
/** `run_folders.py` knows by it what a killed one of ours has left. */
const prefix = 'torchweave-run-';
/** Others may pass through, not look around. */
const passable = 0o711;

/** The folder of one start of a supervisor. Its sockets are numbered. */
export class LaunchFolder {
  private count = 0;

  constructor(readonly path: string) {}

  /** A path that no process has had. */
  nextSocket(): string {
    this.count += 1;
    return join(this.path, String(this.count));
  }
}

/**
 * A private folder for the sockets of the processes, to which only this user can connect, and for a folder of each
 * process's own. What a killed Torchweave has left of it is removed by its supervisor, or by the next start of one.
 */
export class SocketDirectory {
  private launches = 0;

  private constructor(
    readonly path: string,
    private readonly isForOtherUser: boolean,
  ) {}

  /**
   * @param isForOtherUser its processes run as another user, who must get to their own folders in it.
   * @throws TorchweaveError `configurationInvalid` when the path is too long for a socket in it.
   */
  static async create(parent: string | undefined, isForOtherUser: boolean): Promise<SocketDirectory> {
    const path = await mkdtemp(join(parent ?? shortTemporaryFolder(), prefix));
    await writeFile(join(path, 'owner'), `${process.pid} ${await startOfThisProcess()}`, { mode: 0o600 });
    const room = maxSocketPath - socketNameLength;
    if (isForOtherUser) await chmod(path, passable);
    if (Buffer.byteLength(path) <= room) return new SocketDirectory(path, isForOtherUser);
    await rm(path, { recursive: true });
    const rule = `a folder for Unix sockets, with a path of at most ${room - `/${prefix}XXXXXX`.length} bytes`;
    throw new TorchweaveError('configurationInvalid', { setting: 'socketDirectory', value: parent ?? path, rule });
  }

  /** A folder for a further start of the supervisor; what it leaves the next one removes, by its name. */
  async nextLaunch(): Promise<LaunchFolder> {
    this.launches += 1;
    const path = join(this.path, `s${this.launches}`);
    await mkdir(path, { mode: 0o700 });
    if (this.isForOtherUser) await chmod(path, passable);
    return new LaunchFolder(path);
  }

  /** Never rejects: what cannot be removed now is removed by the next start. */
  async remove(logger: Logger): Promise<void> {
    try {
      await rm(this.path, { recursive: true, force: true });
    } catch (error) {
      logger.warn({ err: error }, 'files of function processes could not be removed; the next start tries again');
    }
  }
}

/** When this process began, as /proc counts it; nothing where there is none. */
async function startOfThisProcess(): Promise<string> {
  try {
    const status = await readFile('/proc/self/stat', 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** macOS has a long one. */
function shortTemporaryFolder(): string {
  const preferred = tmpdir();
  return preferred.length > 60 ? '/tmp' : preferred;
}
