import { isUrl, type SpecReview } from '@torchweave/domain';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Problem } from '../war/problem.js';
import { listFolder } from './folder-files.js';

/**
 * Where the model of a node lies: a `.mar`, a folder that has the files of one, or the sources of one, with the Python file that
 * is its handler.
 */
export interface FoundModel {
  readonly node: string;
  /** Its name in a model store. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'archive' | 'folder' | 'sources';
  /** Of sources. */
  readonly handler?: string;
}

/** The models of a spec, and those that are not found. */
export interface ModelSearch {
  readonly found: readonly FoundModel[];
  readonly problems: readonly Problem[];
}

const kindOf = async (path: string): Promise<'file' | 'folder' | undefined> => {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() === true ? 'file' : stats?.isDirectory() === true ? 'folder' : undefined;
};

/** The only Python file of a folder, or the one that is named after the model or as handlers are. */
async function handlerOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  const { files } = await listFolder(folder, (path) => path.includes('/'));
  const python = files.map(({ path }) => path).filter((path) => path.endsWith('.py'));
  const usual = [...names, 'handler', 'model_handler'].map((name) => `${name}.py`);
  return usual.find((name) => python.includes(name)) ?? (python.length === 1 ? python[0] : undefined);
}

async function lookAt(
  path: string,
  names: readonly string[],
): Promise<Pick<FoundModel, 'path' | 'kind' | 'handler'> | undefined> {
  const kind = await kindOf(path);
  if (kind === undefined) return undefined;
  if (kind === 'file') return { path, kind: 'archive' };
  if ((await kindOf(join(path, 'MAR-INF', 'MANIFEST.json'))) === 'file') return { path, kind: 'folder' };
  const handler = await handlerOf(path, names);
  return handler === undefined ? undefined : { path, kind: 'sources', handler };
}

/**
 * Looks for the models of a spec: in each place under the name of its `url`, and as a folder of that name without `.mar`, or of
 * the node's. Those by URL are left to the server.
 *
 * @param file the spec, as problems name it.
 */
export async function findModels(
  { models }: SpecReview,
  file: string,
  places: readonly string[],
): Promise<ModelSearch> {
  const found: FoundModel[] = [];
  const problems: Problem[] = [];
  for (const { name: node, url, line, column } of models) {
    if (isUrl(url)) continue;
    const name = basename(url);
    const stem = name.replace(/\.mar$/, '');
    const candidates = places.flatMap((place) => [...new Set([name, stem, node])].map((each) => join(place, each)));
    let model;
    for (const path of candidates) model ??= await lookAt(path, [stem, node]);
    if (model !== undefined) found.push({ node, name, ...model });
    else {
      const message =
        `the model ${node} needs ${name}: there is neither that file nor a folder ${stem} or ${node} with a Python file ` +
        `in ${places.join(' or ')}.`;
      problems.push({ rule: 'model-store', message, file, line, column });
    }
  }
  return { found, problems };
}
