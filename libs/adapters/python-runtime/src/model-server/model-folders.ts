import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.js';

/** Roots of this process: a test, say, has several servers in one. */
const ownRoots = new Set<string>();

/** A folder for each registered model, which goes with it; those of servers that were killed go when another starts. */
export class ModelFolders {
  private root: Promise<string> | undefined;

  /**
   * @param parent made where it is not there.
   * @param elsewhere gives a path that others remove in the end; used where there is no parent.
   */
  constructor(
    private readonly parent: string | undefined,
    private readonly elsewhere: () => Promise<string>,
  ) {}

  /** A path at which nothing is yet. */
  async next(): Promise<string> {
    if (this.parent === undefined) return this.elsewhere();
    this.root ??= this.makeRoot(this.parent);
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

  private async makeRoot(parent: string): Promise<string> {
    await mkdir(parent, { recursive: true });
    for (const name of await readdir(parent)) if (isOfDead(name)) await removeTree(join(parent, name));
    const name = `${process.pid}-${randomUUID()}`;
    ownRoots.add(name);
    const root = join(parent, name);
    await mkdir(root, { mode: 0o700 });
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
