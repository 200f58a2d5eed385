import { TorchweaveError } from '@torchweave/domain';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { sortEntries, type PackEntry } from './pack-entry.js';
import { packSmallZip } from './pack-small-zip.js';
import { packTarGz } from './pack-tar-gz.js';
import { packZip } from './pack-zip.js';

/** `default`: a zip; `tgz`: a gzipped tar; `no-archive`: a folder. */
export type ArchiveFormat = 'default' | 'tgz' | 'no-archive';

/** Where an archive goes, in the words of TorchServe's archivers. */
export interface ExportOptions {
  /** An existing folder. */
  readonly exportPath: string;
  readonly format: ArchiveFormat;
  /** Whether an archive that is there already may be overwritten. */
  readonly force: boolean;
  /** Whom the manifest names as the archive's writer. */
  readonly archiverVersion: string;
  /** The time of all entries and of the manifest. Default: the first that a zip can write, and now. */
  readonly sourceDate?: Date | undefined;
}

/** Workflows are small; models may have weights beyond 4 GB. */
const packers = { '.war': packSmallZip, '.mar': packZip } as const;

/** What goes into an archive. */
export interface ArchiveContent {
  /** The archive's file or folder has this name, plus its suffix. */
  readonly name: string;
  /** Of the zip. */
  readonly suffix: keyof typeof packers;
  readonly manifestPath: string;
  readonly manifest: object;
  readonly files: readonly PackEntry[];
}

async function writeFolder(entries: readonly PackEntry[], folder: string): Promise<void> {
  for (const { path, source } of sortEntries(entries)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    if (typeof source === 'string') await copyFile(source, target);
    else await writeFile(target, source);
  }
}

/** A file that is given twice, say by `--handler` and with its folder by `--extra-files`, goes in once. */
function withoutRepeats(entries: readonly PackEntry[]): PackEntry[] {
  const keyOf = ({ path, source }: PackEntry): string | Buffer =>
    typeof source === 'string' ? `${path}\0${resolve(source)}` : source;
  return [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
}

/** A tar has everything in a folder of the archive's name: TorchServe takes that folder away when it unpacks. */
const inFolder = (folder: string, entries: readonly PackEntry[]): PackEntry[] =>
  entries.map(({ path, source }) => ({ path: `${folder}/${path}`, source }));

async function targetOf(content: ArchiveContent, options: ExportOptions): Promise<string> {
  const { exportPath, format, force } = options;
  const setting = '--export-path';
  if (!existsSync(exportPath) || !(await stat(exportPath)).isDirectory()) {
    throw new TorchweaveError('configurationInvalid', { setting, value: exportPath, rule: 'an existing folder' });
  }
  const fileName = content.name + { default: content.suffix, tgz: '.tar.gz', 'no-archive': '' }[format];
  const target = join(exportPath, fileName);
  if (!force && existsSync(target)) {
    const rule = `a folder without ${fileName}, where --force is not given`;
    throw new TorchweaveError('configurationInvalid', { setting, value: exportPath, rule });
  }
  return target;
}

/**
 * Writes an archive and resolves to its path. An overwritten folder keeps the files that the archive does not have.
 *
 * @throws TorchweaveError `configurationInvalid`, `archiveEntryRefused`; what the file system throws.
 */
export async function writeArchive(content: ArchiveContent, options: ExportOptions): Promise<string> {
  const target = await targetOf(content, options);
  const manifest = Buffer.from(JSON.stringify(content.manifest, null, 2));
  const entries = [...withoutRepeats(content.files), { path: content.manifestPath, source: manifest }];
  const { format, sourceDate } = options;
  if (format === 'default') await packers[content.suffix](entries, target, sourceDate);
  else if (format === 'tgz') await packTarGz(inFolder(content.name, entries), target, sourceDate);
  else await writeFolder(entries, target);
  return target;
}
