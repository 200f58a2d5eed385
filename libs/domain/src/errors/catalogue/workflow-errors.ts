import type { SourcePlace } from '../source-place.js';
import type { CatalogueArea } from './entry.js';

/** One failed node of a registration. `node` is the model-server name, `<workflow>__<node>`. */
export interface NodeFailure {
  readonly node: string;
  readonly reason: string;
  /** Where its own code has raised it. */
  readonly place?: SourcePlace;
}

/** What stands in the way of a workflow as a whole. The data that each carries, by code. */
export interface WorkflowErrors {
  workflowNotFound: { workflow: string };
  workflowConflict: { workflow: string };
  workflowBusy: { workflow: string; phase: string; operationId: string };
  modelNameTaken: { model: string; workflow: string; owner: string };
  /** `status`: where the failures have another one than TorchServe's. */
  registrationFailed: { workflow: string; failures: readonly NodeFailure[]; status?: number };
  unregistrationFailed: { workflow: string; failures: readonly NodeFailure[] };
  workflowUnreadable: { workflow: string; reason: string };
  versionNotFound: { workflow: string; version: number };
  versionServes: { workflow: string; version: number };
  versionLeaving: { workflow: string; version: number };
  versionsFull: { workflow: string; limit: number };
  trafficInvalid: { workflow: string; reason: string };
  updateRolledBack: {
    workflow: string;
    version: number;
    active: number;
    failed: number;
    total: number;
    /** Of the predictions, 0 to 1. */
    maxErrorRate: number;
  };
  /** `gateway`: absent where the worker has sent it. `reason`: what was wrong with the answer. */
  probeFailed: {
    workflow: string;
    version: number;
    gateway?: string;
    reason: string;
    status: number;
    place?: SourcePlace;
  };
  /** `models`: the names of its model nodes. */
  nodeNotFound: { workflow: string; node: string; models: readonly string[] };
  /** `node`: absent where all were meant. */
  nodeWithoutWorkers: { workflow: string; node?: string; models: readonly string[] };
  /** `status`: of the model servers' refusals. */
  scalingFailed: { workflow: string; failures: readonly NodeFailure[]; status: number };
  workflowsMissing: { missing: number; registered: number; retryAfterSeconds: number };
}

const describeFailure = (f: NodeFailure): string => `Workflow Node ${f.node} failed to register. Details: ${f.reason}`;

const tellModels = (models: readonly string[]): string =>
  models.length === 0 ? 'It has no node with a model.' : `Its nodes with models are: ${models.join(', ')}.`;

export const workflowErrors: CatalogueArea<WorkflowErrors> = {
  workflowNotFound: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Workflow not found: ${d.workflow}`,
  },
  workflowConflict: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) => `Workflow ${d.workflow} is already registered.`,
  },
  workflowBusy: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Workflow ${d.workflow} is ${d.phase} at this moment. Follow it at GET /operations/${d.operationId}.`,
    shows: ['operationId'],
  },
  modelNameTaken: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Workflow ${d.workflow} would need the model name ${d.model}, which workflow ${d.owner} uses. Register it under ` +
      'another workflow_name.',
  },
  registrationFailed: {
    type: 'WorkflowException',
    status: (d) => d.status ?? 500,
    message: (d) =>
      `Workflow ${d.workflow} has failed to register. Failures: [${d.failures.map(describeFailure).join(', ')}]`,
    shows: ['failures'],
  },
  unregistrationFailed: {
    type: 'InternalServerException',
    status: 500,
    message: (d) =>
      `Error while unregistering the workflow ${d.workflow}. It is tried again by itself. Details: ` +
      `[${d.failures.map((f) => `${f.node}: ${f.reason}`).join(', ')}]`,
  },
  workflowUnreadable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `What is stored of workflow ${d.workflow} cannot be read by this version of Torchweave: ${d.reason}. ` +
      'Unregister it and register it again, or run the version that has stored it.',
  },
  versionNotFound: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) =>
      `Workflow ${d.workflow} has no version ${d.version}. GET /workflows/${d.workflow}/all tells which it has.`,
  },
  versionServes: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Version ${d.version} of workflow ${d.workflow} answers requests or gets copies of them. Make another one the default, or ` +
      'take its share of the traffic or of the copies away, first.',
  },
  versionLeaving: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Version ${d.version} of workflow ${d.workflow} is being removed at this moment. Try again when it has gone.`,
  },
  versionsFull: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Workflow ${d.workflow} has ${d.limit} versions beside the active one, and no more are kept. Remove one with ` +
      `DELETE /workflows/${d.workflow}/{version}.`,
  },
  trafficInvalid: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `The traffic of workflow ${d.workflow} cannot be shared out so: ${d.reason}.`,
  },
  updateRolledBack: {
    type: 'WorkflowException',
    status: 500,
    message: (d) =>
      `Version ${d.version} of workflow ${d.workflow} failed ${d.failed} of ${d.total} predictions, more than the ` +
      `${Number((d.maxErrorRate * 100).toFixed(2))} % that are allowed: version ${d.active} serves again.`,
    shows: ['version', 'active', 'failed', 'total'],
  },
  probeFailed: {
    type: 'WorkflowException',
    status: (d) => d.status,
    message: (d) =>
      `Version ${d.version} of workflow ${d.workflow} does not serve: its probe has failed` +
      `${d.gateway === undefined ? '' : ` on gateway ${d.gateway}`}, ${d.reason}. What served before serves.`,
    shows: ['gateway', 'reason', 'place'],
  },
  nodeNotFound: {
    type: 'NodeNotFoundException',
    status: 404,
    message: (d) => `Workflow ${d.workflow} has no node ${d.node}. ${tellModels(d.models)}`,
  },
  nodeWithoutWorkers: {
    type: 'BadRequestException',
    status: 400,
    message: (d) =>
      d.node === undefined
        ? `Workflow ${d.workflow} has no node with a model, so there are no workers to scale: functions run in processes of the gateways.`
        : `Node ${d.node} of workflow ${d.workflow} is a function, which runs in processes of the gateways and has no workers to scale. ` +
          tellModels(d.models),
  },
  scalingFailed: {
    type: 'WorkflowException',
    status: (d) => d.status,
    message: (d) =>
      `The workers of workflow ${d.workflow} cannot be scaled so, and are put back as they were. Failures: ` +
      `[${d.failures.map((f) => `Workflow Node ${f.node}: ${f.reason}`).join(', ')}]`,
    shows: ['failures'],
  },
  workflowsMissing: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `This gateway serves ${d.registered - d.missing} of ${d.registered} registered workflows. It reads them again by itself.`,
  },
};
