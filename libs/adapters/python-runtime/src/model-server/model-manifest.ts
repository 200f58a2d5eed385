import type { UnpackedArchive } from '@torchweave/application';
import { isInsidePath, jsonFault } from '@torchweave/domain';
import { refused } from './model-errors.js';

const manifestPath = 'MAR-INF/MANIFEST.json';

/** What the server itself needs of a model archive's manifest; the handler gets all of it. */
export interface ModelManifest {
  readonly handler: string;
  /** Path of a pip requirements file in the archive. */
  readonly requirementsFile: string | undefined;
}

/**
 * Reads and checks `MAR-INF/MANIFEST.json`.
 *
 * @throws TorchweaveError `modelServerRefused`, status 400, that says what is wrong with it.
 */
export async function readModelManifest(archive: UnpackedArchive, url: string): Promise<ModelManifest> {
  const invalid = (fault: string): Error => refused(400, `${url}: ${manifestPath} ${fault}`);
  const text = await archive.readText(manifestPath);
  if (text === undefined) throw invalid('is missing.');
  const model = propertyOf(parse(text, invalid), 'model');
  if (typeof model !== 'object' || model === null) throw invalid('has no entry "model".');
  const handler = propertyOf(model, 'handler');
  if (typeof handler !== 'string' || handler === '') throw invalid('names no model.handler.');
  if (!isInsidePath(handler)) throw invalid(`names a handler outside of the archive: ${handler}`);
  const requirementsFile = propertyOf(model, 'requirementsFile') ?? undefined;
  if (requirementsFile === undefined) return { handler, requirementsFile };
  if (typeof requirementsFile !== 'string' || !isInsidePath(requirementsFile)) {
    throw invalid('names a requirementsFile that is no path inside the archive.');
  }
  return { handler, requirementsFile };
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
