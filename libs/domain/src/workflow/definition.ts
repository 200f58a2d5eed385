import type { Manifest } from '../archive/manifest.js';
import { buildDag, type Adjacency } from '../dag/dag.js';
import { TorchweaveError } from '../errors/torchweave-error.js';
import type { FunctionNode } from '../node-kinds/function.js';
import type { ModelNode } from '../node-kinds/model.js';
import { kindOf, nodeKinds, rulesOf, type WorkflowNode } from '../node-kinds/node-kinds.js';
import type { ProbeSpec } from '../probe/probe-spec.js';
import type { NodeSettings, WorkflowSpec } from '../spec/spec.js';
import { servedModelName } from './name.js';
import { firstVersion, type WorkflowVersion } from './workflow-version.js';

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
  /** What a version is sent before it serves. */
  readonly probe?: ProbeSpec;
}

export const modelNodes = (workflow: WorkflowDefinition): ModelNode[] =>
  workflow.nodes.filter((node): node is ModelNode => node.kind === 'model');

/** The names that the models of a workflow have on the model servers. */
export const servedModelsOf = (workflow: WorkflowDefinition): string[] =>
  modelNodes(workflow).map(({ modelName }) => modelName);

export const versionOf = ({ name: workflow, version }: WorkflowDefinition): WorkflowVersion => ({ workflow, version });

/** The same workflow under another version: its models have names of their own then. */
export function asVersion(definition: WorkflowDefinition, version: number): WorkflowDefinition {
  const { name: workflow } = definition;
  const nodes = definition.nodes.map((node) =>
    node.kind === 'model' ? { ...node, modelName: servedModelName({ workflow, version }, node.name) } : node,
  );
  return { ...definition, version, nodes };
}

/** True for a URL of any scheme; all else names a file of a store. */
export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

export const functionNodes = (workflow: WorkflowDefinition): FunctionNode[] =>
  workflow.nodes.filter((node): node is FunctionNode => node.kind === 'function');

function renderDag(dag: Adjacency): string {
  return `{${[...dag].map(([node, children]) => `${node}=[${children.join(', ')}]`).join(', ')}}`;
}

/** The fault of a manifest that names no handler file, where there are functions to live in one. */
export function missingHandler(functions: readonly string[]): TorchweaveError<'manifestFieldInvalid'> | undefined {
  if (functions.length === 0) return undefined;
  const reason = `is missing, but these nodes are not under models and so are its functions: ${functions.join(', ')}`;
  return new TorchweaveError('manifestFieldInvalid', { field: 'workflow.handler', reason });
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
  const version = firstVersion;
  const dag = buildDag(spec.dag);
  const models = new Map(spec.models.map((model) => [model.name, model]));
  const nodes = dag.nodes.map((node) => {
    const place = { name: node, parents: dag.parents.get(node) ?? [], children: dag.children.get(node) ?? [] };
    const model = models.get(node);
    const { define } = nodeKinds[kindOf(model !== undefined)];
    return define(place, { workflow: name, version }, { model, globals: spec.globals });
  });
  const functions = nodes.filter((node) => rulesOf(node).uses === 'handler file').map((node) => node.name);
  const fault = manifest.workflow.handler === undefined ? missingHandler(functions) : undefined;
  if (fault !== undefined) throw fault;
  return {
    name,
    version,
    url,
    digest,
    manifest,
    globals: spec.globals,
    nodes,
    dagText: renderDag(spec.dag),
    ...(spec.probe === undefined ? {} : { probe: spec.probe }),
  };
}
