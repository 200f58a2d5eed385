import { packModelArchive } from '@torchweave/archive-format';
import { version } from '@torchweave/platform/version';
import { createHash, type Hash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, symlink } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import type { FoundModel } from './find-models.js';
import { listFolder } from './folder-files.js';

/** Files of a model's sources that a manifest names. */
const named = { 'requirements.txt': 'requirementsFile', 'model-config.yaml': 'configFile' } as const;

/** Packs the sources of a model as `mar create` does: the handler, and everything else of its folder. */
async function packSources({ name, path, handler = '' }: FoundModel, store: string): Promise<void> {
  const { files } = await listFolder(path);
  const isNamed = (file: string): file is keyof typeof named => Object.hasOwn(named, file);
  const keys = files.flatMap(({ path: file, source }) => (isNamed(file) ? [[named[file], source] as const] : []));
  const temporary = await mkdtemp(join(store, '.packing-'));
  try {
    const packed = await packModelArchive({
      ...{ modelName: parse(name).name, version: '1.0', archiverVersion: `torchweave-${version}` },
      ...{ handler: join(path, handler), exportPath: temporary, format: 'default' as const, force: true },
      ...Object.fromEntries(keys),
      files: files.filter(({ path: file }) => file !== handler && !isNamed(file)),
    });
    await rename(packed, join(store, name));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Makes a model store of the models that were found: sources are packed, all else is linked to.
 *
 * @param store a folder of its own; what was in it before goes.
 */
export async function stageModels(models: readonly FoundModel[], store: string): Promise<void> {
  await rm(store, { recursive: true, force: true });
  await mkdir(store, { recursive: true });
  for (const model of models) {
    if (model.kind === 'sources') await packSources(model, store);
    // A second node may have the same model.
    else await symlink(resolve(model.path), join(store, model.name)).catch(ignoreExisting);
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

async function addFile(hash: Hash, path: string): Promise<void> {
  const { size, mtimeMs, ino } = await stat(path);
  hash.update(`${path}\0${size}\0${mtimeMs}\0${ino}\0`);
}

/** Tells models apart from what they were before, without reading them: by the names, sizes and times of their files. */
export async function fingerprintOfModels(models: readonly FoundModel[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, kind, path } of models) {
    hash.update(`${name}\0${kind}\0`);
    const files = kind === 'archive' ? [path] : (await listFolder(path)).files.map(({ source }) => source as string);
    for (const file of files) await addFile(hash, file);
  }
  return hash.digest('hex');
}
