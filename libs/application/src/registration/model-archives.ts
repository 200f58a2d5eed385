import {
  isTorchweaveError,
  isUrl,
  modelNameOf,
  modelNodes,
  toTorchweaveError,
  type TorchweaveError,
} from '@torchweave/domain';
import type { ModelNode, WorkflowDefinition } from '@torchweave/domain';
import type { ArchiveSource } from '../ports/archive-source.js';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { ModelArchive } from '../ports/model-repository.js';
import { pinnedContent } from './pinned-content.js';
import { registrationFailure, type FailedNodes } from './registration-failure.js';

export interface ModelArchivePorts {
  readonly source: ArchiveSource;
  readonly archives: ArchiveStore;
}

/** Downloads of one workflow at once. */
const parallelFetches = 4;

/**
 * Fetches the models that a workflow names by URL, by the rules of every archive, and notes what came. From then on the
 * workflow has these bytes, whatever the URL gives later.
 *
 * @throws TorchweaveError `registrationFailed` that names every node whose model cannot be fetched.
 */
export async function withModelDigests(
  ports: ModelArchivePorts,
  definition: WorkflowDefinition,
  signal: AbortSignal,
): Promise<WorkflowDefinition> {
  const nodes = modelNodes(definition).filter(({ url }) => isUrl(url));
  if (nodes.length === 0) return definition;
  const digests = new Map<string, string>();
  const faults = new Map<string, TorchweaveError>();
  const urls = [...new Set(nodes.map(({ url }) => url))];
  const fetchNext = async (): Promise<void> => {
    for (let url = urls.shift(); url !== undefined; url = urls.shift()) {
      try {
        digests.set(url, await fetchModel(ports, url, signal));
      } catch (thrown) {
        signal.throwIfAborted();
        faults.set(url, toTorchweaveError(thrown));
      }
    }
  };
  await Promise.all(Array.from({ length: parallelFetches }, fetchNext));
  const failed = nodes.flatMap(({ name, url }): FailedNodes[] => {
    const error = faults.get(url);
    return error === undefined ? [] : [{ nodes: [modelNameOf(definition.name, name)], error }];
  });
  if (failed.length > 0) throw registrationFailure(definition, failed);
  const pinned = definition.nodes.map((node) => {
    const digest = node.kind === 'model' ? digests.get(node.url) : undefined;
    return digest === undefined ? node : { ...node, digest };
  });
  return { ...definition, nodes: pinned };
}

/**
 * The bytes of a model that is given by URL: those that were fetched when the workflow was registered. Where the archive
 * store has lost them, or the workflow is older than this rule, they are fetched again.
 *
 * @throws TorchweaveError as {@link ArchiveSource.open}; `digestMismatch` when the URL gives something else by now.
 */
export async function modelArchiveOf(
  ports: ModelArchivePorts,
  node: ModelNode,
  signal: AbortSignal,
): Promise<ModelArchive> {
  const { url } = node;
  const isKept = node.digest !== undefined && (await isThere(ports.archives, node.digest));
  const digest = isKept ? node.digest : await fetchModel(ports, url, signal, node.digest);
  return { digest, read: () => ports.archives.read(digest) };
}

async function fetchModel(
  { source, archives }: ModelArchivePorts,
  url: string,
  signal: AbortSignal,
  expected?: string,
): Promise<string> {
  const content = await source.open(url, signal);
  const { digest } = await archives.put(expected === undefined ? content : pinnedContent(content, url, expected));
  return digest;
}

async function isThere(archives: ArchiveStore, digest: string): Promise<boolean> {
  try {
    // Only the packed archive counts; an iterator that is never begun holds nothing open.
    await archives.read(digest);
    return true;
  } catch (error) {
    if (isTorchweaveError(error, 'archiveUnreadable')) return false;
    throw error;
  }
}
