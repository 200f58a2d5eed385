import { TorchweaveError } from '../errors/torchweave-error.js';
import { settingKeys, type NodeSettings } from '../spec/spec.js';
import { modelNodes, type WorkflowDefinition } from './definition.js';

/** How many workers of a model there are to be on each model server. */
export type WorkerRange = Pick<NodeSettings, 'minWorkers' | 'maxWorkers'>;

const { 'min-workers': min, 'max-workers': max } = settingKeys;

/** What numbers of workers may be, as in specs. */
export const workerBounds = {
  min: { least: min.least, most: min.most },
  max: { least: max.least, most: max.most },
} as const;

/**
 * The numbers that a request asks for: TorchServe's defaults for those that it leaves out, which are 1, and as many as the least
 * (`http/api/rest/ManagementRequestHandler.java`).
 *
 * @throws TorchweaveError `parameterInvalid` where the most is less than the least.
 */
export function workerRangeOf(minWorkers = 1, maxWorkers = Math.max(1, minWorkers)): WorkerRange {
  if (maxWorkers >= minWorkers) return { minWorkers, maxWorkers };
  const rule = `at least min_worker, ${minWorkers}`;
  throw new TorchweaveError('parameterInvalid', { parameter: 'max_worker', value: String(maxWorkers), rule });
}

/**
 * The model nodes whose workers a request means: the one that it names, else all.
 *
 * @throws TorchweaveError `nodeNotFound`, `nodeWithoutWorkers`.
 */
export function nodesToScale(definition: WorkflowDefinition, name?: string): readonly string[] {
  const { name: workflow } = definition;
  const models = modelNodes(definition).map((node) => node.name);
  if (name === undefined) {
    if (models.length === 0) throw new TorchweaveError('nodeWithoutWorkers', { workflow, models });
    return models;
  }
  if (models.includes(name)) return [name];
  const isThere = definition.nodes.some((node) => node.name === name);
  throw new TorchweaveError(isThere ? 'nodeWithoutWorkers' : 'nodeNotFound', { workflow, node: name, models });
}

/** The definition with other numbers of workers of these nodes: all else of a version never changes. */
export function withWorkers(
  definition: WorkflowDefinition,
  nodes: readonly string[],
  workers: WorkerRange,
): WorkflowDefinition {
  const { minWorkers, maxWorkers } = workers;
  const scaled = definition.nodes.map((node) =>
    node.kind === 'model' && nodes.includes(node.name) ? { ...node, minWorkers, maxWorkers } : node,
  );
  return { ...definition, nodes: scaled };
}
