import { functionNodes, isTorchweaveError, placed, sourcePlaceOf, TorchweaveError } from '@torchweave/domain';
import type { NodeFailure, WorkflowDefinition } from '@torchweave/domain';

/** Nodes that could not be registered, and the error that tells why. */
export interface FailedNodes {
  /** As `<workflow>__<node>`. */
  readonly nodes: readonly string[];
  readonly error: TorchweaveError;
}

/** Whose fault it is: 400 the archive's, 503 of a model server that is away, 504 of a late one, 507 where room is missing, else TorchServe's 500. */
function statusOf(error: TorchweaveError): number {
  if (isTorchweaveError(error, 'functionLoadFailed')) return error.status;
  if (error.status < 500) return 400;
  return [503, 504, 507].includes(error.status) ? error.status : 500;
}

/** With the cause, where the sentence is TorchServe's bare one. */
const sentenceOf = (error: TorchweaveError): string =>
  isTorchweaveError(error, 'downloadFailed') ? `${error.message}: ${error.data.reason}.` : error.message;

/** What became of each node, in words. */
export function failuresOf({ nodes, error }: FailedNodes, definition: WorkflowDefinition): NodeFailure[] {
  if (!isTorchweaveError(error, 'functionLoadFailed'))
    return nodes.map((node) => ({ node, reason: sentenceOf(error), ...placed(sourcePlaceOf(error)) }));
  const { functionName, reason } = error.data;
  const failed = functionNodes(definition).find((node) => node.name === functionName);
  return [{ node: failed?.modelName ?? functionName, reason, ...placed(sourcePlaceOf(error)) }];
}

/** The status of all together. What a client can mend comes first: as long as it is there, no other try can succeed. */
export function statusOfFailures(failed: readonly FailedNodes[]): number {
  const statuses = failed.map(({ error }) => statusOf(error));
  return [400, 500, 507, 503, 504].find((candidate) => statuses.includes(candidate)) ?? 500;
}

/** What a registration fails with. A fault of the archive comes before everything else. */
export function registrationFailure(
  definition: WorkflowDefinition,
  failed: readonly FailedNodes[],
): TorchweaveError<'registrationFailed'> {
  const status = statusOfFailures(failed);
  return new TorchweaveError('registrationFailed', {
    workflow: definition.name,
    failures: failed.flatMap((each) => failuresOf(each, definition)),
    ...(status === 500 ? {} : { status }),
  });
}
