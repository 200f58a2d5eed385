import { functionNodes, TorchweaveError, versionId, versionOf, type WorkflowDefinition } from '@torchweave/domain';
import type { FunctionUnit } from '../ports/function-runtime.js';

/** The id of the unit that {@link functionUnitOf} makes. */
export const functionUnitId = (workflow: WorkflowDefinition, registration: string): string =>
  `${versionId(versionOf(workflow))}.${registration}`;

/**
 * The function nodes of a workflow as the runtime loads them.
 *
 * @param registration tells units of one version apart: the operation that registers it, say.
 */
export function functionUnitOf(workflow: WorkflowDefinition, directory: string, registration: string): FunctionUnit {
  const { handler } = workflow.manifest.workflow;
  if (handler === undefined) {
    throw new TorchweaveError('manifestFieldInvalid', { field: 'workflow.handler', reason: 'is missing' });
  }
  return {
    id: functionUnitId(workflow, registration),
    workflow: workflow.name,
    version: workflow.version,
    manifest: workflow.manifest,
    directory,
    handlerFile: handler,
    functions: functionNodes(workflow).map(({ name, modelName }) => ({ name, modelName })),
  };
}
