import { functionNodes, isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import type { NodeFailure, WorkflowDefinition } from '@torchweave/domain';

/** Nodes that could not be registered, and the error that tells why. */
export interface FailedNodes {
  /** Their names on the model servers. */
  readonly nodes: readonly string[];
  readonly error: TorchweaveError;
}

/** Answers of a model server that say no to what it was asked: to its model, which the archive names. */
const isRefusal = (status: number): boolean => [400, 404, 413, 415, 422].includes(status);

/** Whose fault it is: 400 the archive's, 503 of a model server that is away, else TorchServe's 500. */
function statusOf(error: TorchweaveError): number {
  if (isTorchweaveError(error, 'modelServerRefused')) return isRefusal(error.data.status) ? 400 : 500;
  if (isTorchweaveError(error, 'functionLoadFailed')) return error.status;
  return error.status === 503 || error.status === 504 ? error.status : 500;
}

function failuresOf({ nodes, error }: FailedNodes, definition: WorkflowDefinition): NodeFailure[] {
  if (!isTorchweaveError(error, 'functionLoadFailed')) return nodes.map((node) => ({ node, reason: error.message }));
  const { functionName, reason } = error.data;
  const failed = functionNodes(definition).find((node) => node.name === functionName);
  return [{ node: failed?.modelName ?? functionName, reason }];
}

/**
 * What a registration fails with. A fault of the archive comes before everything else: as long as it is there, no other try
 * can succeed.
 */
export function registrationFailure(
  definition: WorkflowDefinition,
  failed: readonly FailedNodes[],
): TorchweaveError<'registrationFailed'> {
  const statuses = failed.map(({ error }) => statusOf(error));
  const status = [400, 500, 503, 504].find((candidate) => statuses.includes(candidate)) ?? 500;
  return new TorchweaveError('registrationFailed', {
    workflow: definition.name,
    failures: failed.flatMap((each) => failuresOf(each, definition)),
    ...(status === 500 ? {} : { status }),
  });
}
