import type { ObservedNode, ObservedRow, ObservedVersion, ObservedWorkflow, Operation } from '@torchweave/application';
import type {
  Fact,
  Live,
  NodeView,
  OperationRow,
  VersionView,
  WorkflowRow,
  WorkflowView,
} from '@torchweave/dashboard-contract';
import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';

/** What is told where no gateway has told anything. */
const nothingKnown: Live = { requestsPerSecond: 0, errorRate: 0, isUnknown: true };

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
export const workflowRow = ({ name, version, health, registeredAt }: ObservedRow): WorkflowRow => ({
  ...{ name, version, health, registeredAt },
  live: nothingKnown,
});

/** A workflow with all that is known of it. */
export function workflowView(observed: ObservedWorkflow, at: string): WorkflowView {
  const { digest, nodes, versions, operations, registeredAt, version, ...workflow } = observed;
  return {
    ...{ at, ...workflow, version, registeredAt, sha256: digest, live: nothingKnown },
    nodes: nodes.map(nodeView),
    versions: versions.map(versionView),
    operations: operations.map(operationRow),
    series: { startedAt: at, stepMs: 10_000, requestsPerSecond: [], errorRate: [], p99Ms: [] },
    marks: [{ at: registeredAt, version }],
  };
}

function nodeView({ node, health, places }: ObservedNode): NodeView {
  const { name, kind } = node;
  return {
    ...{ name, kind, health, live: { ...nothingKnown, waiting: 0, running: 0, retries: 0 } },
    numbers: numbersOf(node),
    ...(node.kind === 'function'
      ? { function: { name } }
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
  live: nothingKnown,
});
