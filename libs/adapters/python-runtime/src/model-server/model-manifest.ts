import { isInsidePath, jsonFault } from '@torchweave/domain';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { rejected } from './model-errors.js';

const manifestPath = 'MAR-INF/MANIFEST.json';
const maxManifestBytes = 1_048_576;

/** What the server itself needs of a model archive's manifest; the handler gets all of it. */
export interface ModelManifest {
  readonly handler: string;
  /** Path of a pip requirements file in the archive. */
  readonly requirementsFile: string | undefined;
}

/**
 * Reads and checks `MAR-INF/MANIFEST.json` of an unpacked model.
 *
 * @throws TorchweaveError `modelRejected` that says what is wrong with it.
 */
export async function readModelManifest(directory: string, url: string): Promise<ModelManifest> {
  const invalid = (fault: string): Error => rejected(`${url}: ${manifestPath} ${fault}`);
  const text = await readManifest(join(directory, manifestPath));
  if (text === undefined) throw invalid('is missing.');
  if (text === 'too large') throw invalid(`has more than ${maxManifestBytes} bytes.`);
  const model = propertyOf(parse(text, invalid), 'model');
  if (typeof model !== 'object' || model === null) throw invalid('has no entry "model".');
  const handler = propertyOf(model, 'handler');
  if (typeof handler !== 'string' || handler === '') throw invalid('names no model.handler.');
  // After the colon stands a function's or a class's name.
  if (!isInsidePath(handler.replace(/:.*$/s, ''))) throw invalid(`names a handler outside of the archive: ${handler}`);
  const requirementsFile = propertyOf(model, 'requirementsFile') ?? undefined;
  if (requirementsFile === undefined) return { handler, requirementsFile };
  if (typeof requirementsFile !== 'string' || !isInsidePath(requirementsFile)) {
    throw invalid('names a requirementsFile that is no path inside the archive.');
  }
  return { handler, requirementsFile };
}

async function readManifest(path: string): Promise<string | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    return stats.size > maxManifestBytes ? 'too large' : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function parse(text: string, invalid: (fault: string) => Error): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw invalid(`cannot be read: ${jsonFault(text)}.`);
  }
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
