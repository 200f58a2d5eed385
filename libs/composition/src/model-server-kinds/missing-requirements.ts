import { isTorchweaveError, isUrl } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { defaultLimits, type Unpack } from '@torchweave/archive-format';
import { readModelManifest } from '@torchweave/python-runtime';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An archive beyond is not unpacked for a hint. In bytes. */
const largestLookedInto = 268_435_456;
const longestFile = 65_536;
const namedAtMost = 5;

/**
 * What to say of a model whose workers do not start on a TorchServe that shares our model store: that its archive asks for
 * packages, which TorchServe installs by a setting alone. Undefined where nothing is known of it.
 *
 * @param modelStore the folder; absent where none is shared.
 */
export async function missingRequirements(
  url: string,
  modelStore: string | undefined,
  unpack: Unpack,
): Promise<string | undefined> {
  const name = url.replace(/^(?:\.\/+)+/, '');
  if (modelStore === undefined || isUrl(url) || name === '' || /[/\\\0]|^\.\.?$/.test(name)) return undefined;
  const path = join(modelStore, name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > largestLookedInto) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'torchweave-model-'));
  try {
    const directory = await unpack(path, folder, defaultLimits);
    const { requirementsFile } = await readModelManifest(directory, name);
    if (requirementsFile === undefined) return undefined;
    const asked = await requirementsIn(join(directory, requirementsFile));
    return `Its ${requirementsFile}${asked} is installed only by a TorchServe with install_py_dep_per_model=true; its log tells more`;
  } catch (error) {
    // The model server has judged the archive already; this is no more than a hint beside.
    if (isTorchweaveError(error) || codeOf(error) !== '') return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first lines that name a package, without addresses: they may hold a password. */
async function requirementsIn(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestFile), 0, longestFile, 0);
    const lines = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/);
    const named = lines.map((line) => line.trim()).filter((line) => /^[./\w]/.test(line) && !line.includes('://'));
    if (named.length === 0) return '';
    const more = named.length > namedAtMost ? ', …' : '';
    return ` (${named
      .slice(0, namedAtMost)
      .map((line) => line.slice(0, 100))
      .join(', ')}${more})`;
  } finally {
    await file.close();
  }
}
