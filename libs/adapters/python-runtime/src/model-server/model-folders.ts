import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.js';

/** Roots of this process: a test, say, has several servers in one. */
const ownRoots = new Set<string>();

/** A folder for each registered model, which goes with it; those of servers that were killed go when another starts. */
export class ModelFolders {
  private root: Promise<string> | undefined;

  /** @param parent made where it is not there; where absent, a temporary one. */
  constructor(private readonly parent: string | undefined) {}

  /** A path at which nothing is yet. */
  async next(): Promise<string> {
    this.root ??= this.makeRoot();
    return join(await this.root, randomUUID());
  }

  /** One that is not there is no error. */
  remove(directory: string): Promise<void> {
    return removeTree(directory);
  }

  /** Removes every folder that is left. */
  async close(): Promise<void> {
    const root = await this.root?.catch(() => undefined);
    if (root !== undefined) await removeTree(root);
  }

  private async makeRoot(): Promise<string> {
    if (this.parent === undefined) {
      const temporary = await mkdtemp(join(tmpdir(), 'torchweave-models-'));
      // The processes may be another user's.
      await chmod(temporary, 0o711);
      return temporary;
    }
    await mkdir(this.parent, { recursive: true });
    for (const name of await readdir(this.parent)) if (isOfDead(name)) await removeTree(join(this.parent, name));
    const name = `${process.pid}-${randomUUID()}`;
    ownRoots.add(name);
    const root = join(this.parent, name);
    await mkdir(root, { mode: 0o711 });
    return root;
  }
}

/** What is not named by a process that runs belongs to nobody any more; nor does what one of our number left before us. */
function isOfDead(name: string): boolean {
  const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return pid === process.pid && !ownRoots.has(name);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
