import type { ObservedNode, ObservedRow, ObservedVersion, ObservedWorkflow, Operation } from '@torchweave/application';
import type {
  Fact,
  NodeView,
  OperationRow,
  VersionView,
  WorkflowRow,
  WorkflowView,
} from '@torchweave/dashboard-contract';
import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';

/** An operation as the page shows it. */
export function operationRow({ error, runsAs: _, ...operation }: Operation): OperationRow {
  const { steps, state } = operation;
  const under = state === 'running' ? steps.findLast(({ durationMs }) => durationMs === undefined) : undefined;
  return {
    ...operation,
    ...(under === undefined ? {} : { step: under.name }),
    ...(error === undefined ? {} : { error: errorOf(error) }),
  };
}

function errorOf(record: NonNullable<Operation['error']>): NonNullable<OperationRow['error']> {
  const { code, type, message, errorCode } = TorchweaveError.fromRecord(record).toBody();
  return { code, type, message, errorCode };
}

/** A workflow in a line of the table. */
export const workflowRow = ({ node: _, ...row }: ObservedRow): WorkflowRow => row;

/** A workflow with all that is known of it. */
export function workflowView(observed: ObservedWorkflow, at: string): WorkflowView {
  const { digest, nodes, processes, versions, operations, registeredAt, version, ...workflow } = observed;
  return {
    ...{ at, ...workflow, version, registeredAt, sha256: digest },
    nodes: nodes.map((node) => nodeView(node, processes)),
    versions: versions.map(versionView),
    operations: operations.map(operationRow),
    marks: [{ at: registeredAt, version }],
  };
}

function nodeView(
  { node, health, places, live: { lastFault, failingSince: _, ...live } }: ObservedNode,
  processes: number,
): NodeView {
  const { name, kind } = node;
  return {
    ...{ name, kind, health, live },
    ...(lastFault === undefined ? {} : { lastError: lastFault }),
    numbers: numbersOf(node),
    ...(node.kind === 'function'
      ? { function: { name, processes } }
      : {
          model: {
            ...{ archive: node.url, name: node.modelName },
            places: places.map(({ model: { server, readyWorkers }, health: { state, reason } }) => ({
              ...{ server, state, workersWanted: node.minWorkers },
              ...(readyWorkers === undefined ? {} : { workersReady: readyWorkers }),
              ...(reason === undefined ? {} : { reason }),
            })),
          },
        }),
  };
}

/** The numbers of the spec, by their names there. */
function numbersOf(node: WorkflowNode): Fact[] {
  const ofAll: Fact[] = [
    { name: 'timeout-ms', value: node.timeoutMs, unit: 'ms' },
    { name: 'retry-attempts', value: node.retryAttempts, unit: 'count' },
  ];
  if (node.kind === 'function') return ofAll;
  return [
    { name: 'min-workers', value: node.minWorkers, unit: 'count' },
    { name: 'max-workers', value: node.maxWorkers, unit: 'count' },
    { name: 'batch-size', value: node.batchSize, unit: 'count' },
    { name: 'max-batch-delay', value: node.maxBatchDelay, unit: 'ms' },
    ...ofAll,
  ];
}

const versionView = ({ health, digest, ...version }: ObservedVersion): VersionView => ({
  ...{ ...version, state: health.state, sha256: digest },
});
