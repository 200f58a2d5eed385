import { TorchweaveError } from '../errors/torchweave-error.js';
import { firstVersion, type WorkflowVersion } from './workflow-version.js';

/**
 * The one alphabet for workflow and node names: they stand in URL paths, model-server names, Redis keys and log lines.
 */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

export const nameRule = 'a name has 1 to 128 letters, digits, "_", "-" or "." and does not begin with "-" or "."';

/** True when `name` may name a workflow or a node. */
export function isValidName(name: string): boolean {
  return namePattern.test(name) && !name.includes('..');
}

/**
 * @throws TorchweaveError `workflowNameInvalid` when `name` cannot name a workflow.
 */
export function assertWorkflowName(name: string): void {
  if (!isValidName(name)) throw new TorchweaveError('workflowNameInvalid', { name, rule: nameRule });
}

/**
 * The name that a node's model has on the model servers: TorchServe's own for the first version, which handlers see as
 * `context.model_name` and operators know; later ones lie beside it, each under its own.
 */
export function servedModelName({ workflow, version }: WorkflowVersion, node: string): string {
  const name = modelNameOf(workflow, node);
  return version === firstVersion ? name : `${name}.v${version}`;
}

/** TorchServe's name of a node, `<workflow>__<node>`: in answers, and what a function sees as `context.model_name`. */
export function modelNameOf(workflow: string, node: string): string {
  return `${workflow}__${node}`;
}
