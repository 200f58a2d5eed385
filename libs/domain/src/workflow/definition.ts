import type { Manifest } from '../archive/manifest.js';
import { buildDag, type Adjacency } from '../dag/dag.js';
import { TorchweaveError } from '../errors/torchweave-error.js';
import type { ModelSpec, NodeSettings, WorkflowSpec } from '../spec/spec.js';
import { modelNameOf, servedModelName } from './name.js';
import { firstVersion, type WorkflowVersion } from './workflow-version.js';

interface NodeBase {
  readonly name: string;
  /**
   * Of a model: its name on the model servers, see {@link forRegistration}; those that 0.1.0 registered have `<workflow>__<node>`.
   * Of a function: `<workflow>__<node>`, what it sees as `context.model_name`.
   */
  readonly modelName: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly retryAttempts: number;
  readonly timeoutMs: number;
}

/** A node that a model server runs. */
export interface ModelNode extends NodeBase {
  readonly kind: 'model';
  /** A file of the model server's store, or a URL: {@link isUrl}. */
  readonly url: string;
  /** sha-256 of what was behind the URL when the workflow was registered; absent for a file of the store. */
  readonly digest?: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  /** ms. */
  readonly maxBatchDelay: number;
}

/** A node that is a Python function of the archive's handler file. */
export interface FunctionNode extends NodeBase {
  readonly kind: 'function';
}

export type WorkflowNode = ModelNode | FunctionNode;

/** All that is needed to serve, describe and unregister a workflow. Plain data: it is stored as JSON. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly version: number;
  /** The `url` of the registration, as the client gave it. */
  readonly url: string;
  /** sha-256 of the archive, lower-case hex. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly globals: NodeSettings;
  /** Parents before children. */
  readonly nodes: readonly WorkflowNode[];
  /** The dag as TorchServe's describe writes it: Java's rendering of the parsed mapping. */
  readonly dagText: string;
}

export const modelNodes = (workflow: WorkflowDefinition): ModelNode[] =>
  workflow.nodes.filter((node): node is ModelNode => node.kind === 'model');

export const versionOf = ({ name: workflow, version }: WorkflowDefinition): WorkflowVersion => ({ workflow, version });

/** True for a URL of any scheme; all else names a file of a store. */
export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

export const functionNodes = (workflow: WorkflowDefinition): FunctionNode[] =>
  workflow.nodes.filter((node): node is FunctionNode => node.kind === 'function');

function renderDag(dag: Adjacency): string {
  return `{${[...dag].map(([node, children]) => `${node}=[${children.join(', ')}]`).join(', ')}}`;
}

type Placement = Pick<NodeBase, 'name' | 'parents' | 'children'>;

function defineNode(
  workflow: string,
  base: Placement,
  model: ModelSpec | undefined,
  globals: NodeSettings,
): WorkflowNode {
  const modelName = modelNameOf(workflow, base.name);
  if (model === undefined) {
    const { retryAttempts, timeoutMs } = globals;
    return { ...base, kind: 'function', modelName, retryAttempts, timeoutMs };
  }
  return { ...model, ...base, kind: 'model', modelName };
}

/**
 * Puts a registration's parts together.
 *
 * @throws TorchweaveError `dagInvalid`, or `manifestFieldInvalid` when function nodes have no handler file to live in.
 */
export function defineWorkflow(parts: {
  url: string;
  digest: string;
  manifest: Manifest;
  spec: WorkflowSpec;
}): WorkflowDefinition {
  const { url, digest, manifest, spec } = parts;
  const name = manifest.workflow.workflowName;
  const dag = buildDag(spec.dag);
  const models = new Map(spec.models.map((model) => [model.name, model]));
  const nodes = dag.nodes.map((node) => {
    const base = { name: node, parents: dag.parents.get(node) ?? [], children: dag.children.get(node) ?? [] };
    return defineNode(name, base, models.get(node), spec.globals);
  });
  const functions = nodes.filter((node) => node.kind === 'function').map((node) => node.name);
  if (functions.length > 0 && manifest.workflow.handler === undefined) {
    const reason = `is missing, but these nodes are not under models and so are its functions: ${functions.join(', ')}`;
    throw new TorchweaveError('manifestFieldInvalid', { field: 'workflow.handler', reason });
  }
  return {
    name,
    version: firstVersion,
    url,
    digest,
    manifest,
    globals: spec.globals,
    nodes,
    dagText: renderDag(spec.dag),
  };
}

/**
 * The definition with models of their own: their names are those of its version and of this one registration.
 *
 * @param registration letters and digits.
 */
export function forRegistration(definition: WorkflowDefinition, registration: string): WorkflowDefinition {
  const nodes = definition.nodes.map((node): WorkflowNode => {
    if (node.kind === 'function') return node;
    return { ...node, modelName: servedModelName(versionOf(definition), node.name, registration) };
  });
  return { ...definition, nodes };
}
