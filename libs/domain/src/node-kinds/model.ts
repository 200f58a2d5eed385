import { settingKeys } from '../spec/spec.js';
import { servedModelName } from '../workflow/name.js';
import type { NodeBase } from './node-base.js';
import { allChildren, inputFieldOf, type NodeKindRules } from './node-kind.js';

/** A node that a model server runs: it has an entry of `models`. */
export interface ModelNode extends NodeBase {
  readonly kind: 'model';
  /** A file of the model server's store, or a URL. */
  readonly url: string;
  /** sha-256 of what was behind the URL when the workflow was registered; absent for a file of the store. */
  readonly digest?: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  /** ms. */
  readonly maxBatchDelay: number;
}

/** What an entry of `models` may say; anything else is ignored, as TorchServe does. */
export const modelKeys: readonly string[] = ['url', ...Object.keys(settingKeys)];

/** Characters: presigned URLs have some 2,000. */
const longestUrl = 8_192;

/**
 * Why something cannot be the `url` of a model, as the end of a sentence about it; undefined where it can.
 *
 * @param shown the value as messages show it.
 */
export function urlFault(value: unknown, shown: string): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return `must be a file name or URL, not ${shown}`;
  return value.length > longestUrl ? `has more than ${longestUrl} characters` : undefined;
}

export const modelKind: NodeKindRules<ModelNode> = {
  uses: 'model server',
  nameFault: () => undefined,
  define(place, version, { model }) {
    if (model === undefined) throw new Error(`the node ${place.name} has no entry of models`);
    return { ...model, ...place, kind: 'model', modelName: servedModelName(version, place.name) };
  },
  inputField: inputFieldOf,
  choose: allChildren,
};
