export {
  jobCatalogue,
  jobNames,
  type JobName,
  type JobPayload,
  type JobResult,
  longestRunMs,
  longestUrl,
} from './job-catalogue/job-catalogue.js';
export { readJob, type StoredJob } from './job-catalogue/read-job.js';
export { ModelServerFleet, type ModelServerStatus } from './model-server-fleet/model-server-fleet.js';
export * from './ports/index.js';
export { RoutingTable, type MissingWorkflows, type RoutingTablePorts } from './workflow-execution/routing-table.js';
export { RunWorkflow } from './workflow-execution/run-workflow.js';
export type {
  AttemptOutcome,
  EndedAttempt,
  ExecutionObserver,
  RunnableWorkflow,
  WorkflowRequest,
} from './workflow-execution/run-workflow.js';
export {
  noRacePoints,
  /** @internal For tests of other packages. */
  racePointNames,
  type RacePointName,
  type RacePoints,
} from './registration/race-points.js';
export { loadWorkflows, workflowsToLoad, type WorkflowToLoad } from './workflow-management/load-workflows.js';
export { ReconcileModelServers, type ReconcilePorts } from './workflow-management/reconcile-model-servers.js';
export { RegisterWorkflow, type RegisterWorkflowPorts } from './registration/register-workflow.js';
export { UnregisterWorkflow, type UnregisterWorkflowPorts } from './registration/unregister-workflow.js';
export { writeRefusal } from './workflow-management/write-refusal.js';
export { WorkflowManagement, type Submission } from './workflow-management/workflow-management.js';
