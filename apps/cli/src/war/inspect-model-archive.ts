import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { z } from 'zod';
import { CliError } from '../output/cli-error.js';
import { alignColumns } from '../output/text.js';
import { listEntries, withArchive, type ArchiveContents, type ArchiveEntry } from './archive-contents.js';
import { entryLines, packedRows } from './inspect-archive.js';

export const modelManifestPath = 'MAR-INF/MANIFEST.json';

/** As torch-model-archiver writes it; keys that are not named here are shown as well. */
const modelManifest = z.looseObject({
  createdOn: z.string().optional(),
  runtime: z.string().optional(),
  archiverVersion: z.string().optional(),
  model: z.looseObject({ modelName: z.string(), handler: z.string(), modelVersion: z.string().optional() }),
});

/** What `mar inspect` tells. */
export interface InspectedModelArchive {
  readonly file: string;
  /** Absent for a folder. */
  readonly sha256?: string;
  readonly bytes?: number;
  readonly manifest: z.infer<typeof modelManifest>;
  readonly entries: readonly ArchiveEntry[];
}

function parseModelManifest(text: string, name: string): z.infer<typeof modelManifest> {
  try {
    return modelManifest.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? faultOf(error) : 'it is not JSON';
    throw new CliError(`${name}: ${modelManifestPath} cannot be read: ${reason}.`, { cause: error });
  }
}

/** Every field of the manifest that is looked at is a text, but for `model`. */
function faultOf({ issues }: z.ZodError): string {
  const [path = []] = issues.map((issue) => issue.path);
  if (path.length === 0) return 'it is not a JSON object';
  return `${path.join('.')} is missing or is not ${path.join('.') === 'model' ? 'an object' : 'a text'}`;
}

/**
 * Reads the manifest of a model archive.
 *
 * @throws CliError of its fault, which names the archive.
 */
export async function readModelManifest(contents: ArchiveContents): Promise<z.infer<typeof modelManifest>> {
  const { name } = contents;
  const text = await contents.readText(modelManifestPath);
  if (text === undefined) {
    throw new CliError(`${name} has no ${modelManifestPath}. Pack it with "torchweave mar create".`);
  }
  return parseModelManifest(text, name);
}

async function inspectContents(contents: ArchiveContents): Promise<InspectedModelArchive> {
  const { name } = contents;
  const manifest = await readModelManifest(contents);
  return { file: name, ...contents.packed, manifest, entries: await listEntries(contents) };
}

/**
 * Reads a model archive, or a folder that has the files of one.
 *
 * @throws CliError or TorchweaveError of the archive's first fault, which names the file.
 */
export async function inspectModelArchive(name: string): Promise<InspectedModelArchive> {
  try {
    return await withArchive(name, inspectContents);
  } catch (error) {
    if (!isTorchweaveError(error, 'archiveUnreadable')) throw error;
    throw new TorchweaveError('archiveUnreadable', { reason: `${name}: ${error.data.reason}` }, { cause: error });
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** An inspected model archive for people. */
export function modelArchiveLines(archive: InspectedModelArchive): string[] {
  const { model, ...rest } = archive.manifest;
  const rows = Object.entries({ ...model, ...rest }).map(([key, value]) => [key, textOf(value)]);
  return [...alignColumns([...rows, ...packedRows(archive)]), ...entryLines(archive.entries)];
}
