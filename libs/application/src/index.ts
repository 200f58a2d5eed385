export {
  jobCatalogue,
  jobNames,
  type JobName,
  type JobPayload,
  type JobResult,
  longestRunMs,
  schemaVersionOf,
} from './job-catalogue/job-catalogue.js';
export { longestUrl, longestWatchMs, mostKept } from './job-catalogue/payloads.js';
export { readJob, type StoredJob } from './job-catalogue/read-job.js';
export { ModelServerFleet, type ModelServerStatus } from './model-server-fleet/model-server-fleet.js';
export * from './ports/index.js';
export {
  RoutingTable,
  type MissingWorkflows,
  type RoutingTablePorts,
  type ServedWorkflow,
} from './workflow-execution/routing-table.js';
export { loadHere, unloadHere, type LoadHerePorts } from './workflow-execution/load-here.js';
export { ShadowRuns, type ShadowedRequest } from './workflow-execution/shadow-runs.js';
export { RunWorkflow } from './workflow-execution/run-workflow.js';
export type { RunnableWorkflow, WorkflowRequest } from './workflow-execution/run-workflow.js';
export { noRacePoints, type RacePoints } from './registration/saga/race-points.js';
export {
  /** @internal For tests of other packages. */
  racePointsOf,
  /** @internal For tests of other packages. */
  undoPointsOf,
} from './registration/saga/saga.js';
export {
  /** @internal For tests of other packages. */
  registrationSaga,
} from './registration/registration-saga.js';
export {
  /** @internal For tests of other packages. */
  unregistrationSaga,
} from './registration/unregistration-saga.js';
export {
  /** @internal For tests of other packages. */
  scalingSaga,
} from './scaling/scaling-saga.js';
export { loadWorkflows, workflowsToLoad, type WorkflowToLoad } from './workflow-management/load-workflows.js';
export { sendProbe } from './probing/send-probe.js';
export { ReconcileModelServers, type ReconcilePorts } from './workflow-management/reconcile-model-servers.js';
export { RegisterWorkflow } from './registration/register-workflow.js';
export { UnregisterWorkflow } from './registration/unregister-workflow.js';
export { observeJobs, observeRequests } from './telemetry/several-observers.js';
export { RequestKeeper, type KeptCounts } from './request-keeping/request-keeper.js';
export { readTraceContext } from './telemetry/trace-context.js';
export { UploadedArchives, type UploadedArchivesOptions } from './registration/uploaded-archives.js';
export { writeRefusal } from './workflow-management/write-refusal.js';
export { IdempotentRequests } from './workflow-management/idempotent-requests.js';
export type { Identify, Submission } from './workflow-management/submit.js';
export {
  WorkflowManagement,
  type ArchiveUpload,
  type StoredUpload,
} from './workflow-management/workflow-management.js';
export { InspectWorkflow, type InspectedWorkflow } from './versions/inspect-workflow.js';
export { ObserveModels } from './workflow-management/observe-models.js';
export { ScaleWorkers } from './scaling/scale-workers.js';
export { ChangeVersions } from './versions/change-versions.js';
export { VersionManagement, type ChangedVersions } from './versions/version-management.js';
export { conditionStates, type Condition, type ConditionState } from './observation/condition.js';
export { Observation, type ObservationPorts, type OperationQuery } from './observation/observation.js';
export type {
  Attention,
  Fact,
  ObservedInstallation,
  ObservedNode,
  ObservedPart,
  ObservedRow,
  ObservedVersion,
  ObservedWorkflow,
} from './observation/observed.js';
export { LiveView, type ObservedLive, type ObservedNodeLive } from './observation/live-view.js';
export type { TablePage, TableQuery } from './observation/workflow-table.js';
