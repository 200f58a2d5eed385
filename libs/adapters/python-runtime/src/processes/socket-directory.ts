import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TorchweaveError } from '@torchweave/domain';

/** What fits into a socket address on every system, its final zero byte excepted. */
const maxSocketPath = 103;
/** Room for the socket's own name: a dash and a number. */
const socketNameLength = 16;

/**
 * A private folder for the sockets of the processes, to which only this user can connect, and for a folder of each
 * process's own.
 */
export class SocketDirectory {
  private count = 0;

  private constructor(readonly path: string) {}

  /**
   * @param isForOtherUser its processes run as another user, who must get to their own folders in it.
   * @throws TorchweaveError `configurationInvalid` when the path is too long for a socket in it.
   */
  static async create(parent: string | undefined, isForOtherUser: boolean): Promise<SocketDirectory> {
    const path = await mkdtemp(join(parent ?? shortTemporaryFolder(), 'torchweave-'));
    const room = maxSocketPath - socketNameLength;
    if (isForOtherUser) await chmod(path, 0o711);
    if (Buffer.byteLength(path) <= room) return new SocketDirectory(path);
    await rm(path, { recursive: true });
    const rule = `a folder for Unix sockets, with a path of at most ${room - '/torchweave-XXXXXX'.length} bytes`;
    throw new TorchweaveError('configurationInvalid', { setting: 'socketDirectory', value: parent ?? path, rule });
  }

  /** A path that no process has had. */
  next(): string {
    this.count += 1;
    return join(this.path, String(this.count));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** macOS has a long one. */
function shortTemporaryFolder(): string {
  const preferred = tmpdir();
  return preferred.length > 60 ? '/tmp' : preferred;
}
