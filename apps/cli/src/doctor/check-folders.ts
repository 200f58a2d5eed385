import { codeOf } from '@torchweave/kernel';
import type { Settings } from '@torchweave/platform';
import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { countText, sizeText } from '../output/text.js';
import { failure, type Finding, hasModelServerInside, ok, warning } from '@torchweave/composition';

/** bytes of free disk below which archives are likely not to fit, or sure not to. */
const scarce = 1024 ** 3;
const exhausted = 100 * 1024 ** 2;

async function checkStore(flag: string, folder: string | undefined, suffix: string, without: string): Promise<Finding> {
  const subject = flag.slice(2).replace('-', ' ');
  if (folder === undefined) return warning(subject, `None is given: ${without}`, `Give one with ${flag}.`);
  try {
    const found = (await readdir(folder)).filter((name) => name.endsWith(suffix)).length;
    return ok(subject, `${resolve(folder)}, ${countText(found, `${suffix} file`)}`);
  } catch (error) {
    const code = codeOf(error);
    const fault = code === 'ENOENT' ? 'is not there' : code === 'ENOTDIR' ? 'is no folder' : `cannot be read (${code})`;
    return failure(subject, `${resolve(folder)} ${fault}.`, `Make it, or give another with ${flag}.`);
  }
}

/** The folder itself, or the nearest one above it that is there. */
async function nearestExisting(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  const above = dirname(folder);
  return found !== undefined || above === folder ? folder : nearestExisting(above);
}

async function checkArchiveFolder(folder: string): Promise<Finding[]> {
  const subject = 'archive store';
  const existing = await nearestExisting(folder);
  const remedy = 'Give a folder that this user may write to with --archive-store or --data-dir.';
  if (!(await stat(existing)).isDirectory()) return [failure(subject, `${existing} is no folder.`, remedy)];
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [failure(subject, `${folder} cannot be written (${codeOf(error)} at ${existing}).`, remedy)];
  }
  return [
    ok(subject, existing === folder ? `${folder} is writable` : `${folder} can be made`),
    await checkDisk(existing),
  ];
}

/** Judges the room for archives. */
export function judgeDisk(freeBytes: number, folder: string): Finding {
  const subject = 'disk';
  const message = `${sizeText(freeBytes)} free at ${folder}`;
  if (freeBytes >= scarce) return ok(subject, message);
  const remedy = 'Free some, or give a folder on another disk with --archive-store or --data-dir.';
  return freeBytes < exhausted ? failure(subject, message, remedy) : warning(subject, message, remedy);
}

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  return judgeDisk(bavail * bsize, folder);
}

/** Whether the stores can be read, and archives be kept. */
export async function checkFolders(settings: Settings): Promise<Finding[]> {
  const { workflowStore, modelStore, archiveStore, dataDir } = settings;
  const stores = [
    checkStore('--workflow-store', workflowStore, '.war', 'workflows can be registered by URL only.'),
    ...(hasModelServerInside(settings) || modelStore !== undefined
      ? [checkStore('--model-store', modelStore, '.mar', `models are looked for in ${join(dataDir, 'model-store')}.`)]
      : []),
  ];
  const archives = checkArchiveFolder(resolve(archiveStore ?? join(dataDir, 'archives')));
  return [...(await Promise.all(stores)), ...(await archives)];
}
