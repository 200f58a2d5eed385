import { functionNodes, TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import type { FunctionUnit } from '../ports/function-runtime.js';

/** The id of the unit that {@link functionUnitOf} makes. */
export const functionUnitId = (workflow: WorkflowDefinition, version: string): string => `${workflow.name}@${version}`;

/**
 * The function nodes of a workflow as the runtime loads them.
 *
 * @param version tells units of one workflow apart: its revision, say.
 */
export function functionUnitOf(workflow: WorkflowDefinition, directory: string, version: string): FunctionUnit {
  const { handler } = workflow.manifest.workflow;
  if (handler === undefined) {
    throw new TorchweaveError('manifestFieldInvalid', { field: 'workflow.handler', reason: 'is missing' });
  }
  return {
    id: functionUnitId(workflow, version),
    workflow: workflow.name,
    manifest: workflow.manifest,
    directory,
    handlerFile: handler,
    functions: functionNodes(workflow).map(({ name, modelName }) => ({ name, modelName })),
  };
}
