import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { rejected } from './model-errors.js';

/** As for archives. */
const maxEntries = 10_000;
const maxBytes = 4 * 1024 ** 3;
const maxDepth = 32;

interface Copying {
  /** What the folder's own links may lead to. */
  readonly root: string;
  readonly url: string;
  entries: number;
  bytes: number;
}

/**
 * Copies a model that is a folder: files and folders, and what links lead to inside of it.
 *
 * @param url names it in errors.
 * @throws TorchweaveError `modelRejected` for what is no file or leads out, and for too much.
 */
export async function copyFolder(from: string, to: string, url: string): Promise<void> {
  await copyInto({ root: await realpath(from), url, entries: 0, bytes: 0 }, from, to, 0);
}

async function copyInto(copying: Copying, from: string, to: string, depth: number): Promise<void> {
  if (depth > maxDepth) throw tooMuch(copying, `folders that lie more than ${maxDepth} deep`);
  await mkdir(to);
  for (const name of await readdir(from)) {
    copying.entries += 1;
    if (copying.entries > maxEntries) throw tooMuch(copying, `more than ${maxEntries} files and folders`);
    const path = await followed(copying, join(from, name));
    const found = await lstat(path);
    if (found.isDirectory()) await copyInto(copying, path, join(to, name), depth + 1);
    else if (found.isFile()) await copyOne(copying, path, join(to, name), found.size);
    else throw rejected(`${copying.url} is refused: "${name}" in it is neither a file nor a folder.`);
  }
}

async function copyOne(copying: Copying, from: string, to: string, bytes: number): Promise<void> {
  copying.bytes += bytes;
  if (copying.bytes > maxBytes) throw tooMuch(copying, `more than ${maxBytes} bytes`);
  // Where the file system can, both share their blocks until one is written to.
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}

async function followed({ root, url }: Copying, path: string): Promise<string> {
  if (!(await lstat(path)).isSymbolicLink()) return path;
  const target = await realpath(path).catch(() => '');
  if (target.startsWith(root + sep)) return target;
  throw rejected(`${url} is refused: a link in it leads out of its folder or to nothing.`);
}

const tooMuch = ({ url }: Copying, what: string): Error => rejected(`${url} is refused: it holds ${what}.`);

/** Tells one content of a copied folder from another by names, sizes and times of its files. */
export async function fingerprintOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const folders = [folder];
  for (let each = folders.pop(); each !== undefined; each = folders.pop()) {
    for (const name of (await readdir(each)).sort()) {
      const path = join(each, name);
      const found = await lstat(path);
      if (found.isDirectory()) folders.push(path);
      else hash.update(JSON.stringify([path.slice(folder.length), found.size, found.mtimeMs]));
    }
  }
  return hash.digest('hex');
}
