export type { ArchiveBlobs } from './archive-blobs.js';
export type { ArchiveSource } from './archive-source.js';
export type { ArchiveStore, UnpackedArchive } from './archive-store.js';
export type { FunctionCallOptions, FunctionRuntime, FunctionUnit } from './function-runtime.js';
export type {
  GatewayRegistry,
  Preparation,
  PreparationListener,
  PreparationOutcome,
  ServingGateway,
} from './gateway-registry.js';
export type { AgedReport, ModelReports, SeenModel, VersionReport } from './model-reports.js';
export type { GatewayProbes, ProbeOrder, ProbeOutcome } from './gateway-probes.js';
export { liveHistoryMs, liveStepMs } from './live-history.js';
export type { LiveHistory, LivePoint, TimedPoint } from './live-history.js';
export { auditKinds } from './audit-trail.js';
export type { AuditEntry, AuditKind, AuditTrail } from './audit-trail.js';
export { longestTriedAnswer, longestTry } from './gateway-tries.js';
export type { GatewayTries, Tried, Try } from './gateway-tries.js';
export type { IdempotencyKeys, KeyedRequest } from './idempotency-keys.js';
export type {
  JobContext,
  JobHandlers,
  JobQueue,
  JobWorker,
  Operation,
  OperationPhase,
  OperationStep,
} from './job-queue.js';
export { keepReasons } from './kept-requests.js';
export type {
  KeepReason,
  KeptAttempt,
  KeptBody,
  KeptFault,
  KeptQuery,
  KeptRequest,
  KeptRequests,
  KeptSummary,
} from './kept-requests.js';
export type {
  AgedLiveReport,
  Counted,
  LiveReport,
  LiveReports,
  NodeFault,
  NodeFigures,
  WorkflowFigures,
} from './live-reports.js';
export type { OperationHistory, RecentOperations } from './operation-history.js';
export { silentLogger, type Logger } from './logger.js';
export { reachesClient, type InferenceOptions, type ModelInference } from './model-inference.js';
export type { ModelArchive, ModelDescription, ModelRegistration, ModelRepository } from './model-repository.js';
export type { ManagedModelServer, ModelServer } from './model-server.js';
export type { SessionStore } from './session-store.js';
export type { SpecReader } from './spec-reader.js';
export type { StateFacts, StateProbe } from './state-facts.js';
export { shadowOutcomes } from './telemetry.js';
export type {
  AbandonedRun,
  AttemptOutcome,
  AttemptSpan,
  ChangeSpan,
  ChangeTelemetry,
  EndedAttempt,
  EndedShadow,
  JobOutcome,
  JobSpan,
  JobTelemetry,
  RequestOutcome,
  RequestSpan,
  RequestTelemetry,
  ShadowOutcome,
  ShadowTelemetry,
  StartedChange,
  StartedExchange,
  StartedJob,
  StartedRequest,
  StepSpan,
  TraceContext,
  Tracing,
} from './telemetry.js';
export type {
  Cancellation,
  ClaimedOrphans,
  OperationRun,
  OperationTrace,
  OwnedModel,
  Removal,
  Scaling,
  ScalingOrder,
  SettledOrphans,
  StateSummary,
  TakenUp,
  UnreadableWorkflow,
  WatchedVersion,
  WorkflowChange,
  WorkflowPage,
  WorkflowPointers,
  WorkflowRecord,
  WorkflowState,
} from './workflow-state.js';
export type {
  Activated,
  Activation,
  Keeping,
  Outcomes,
  VersionBeside,
  VersionsOfWorkflow,
  WorkflowVersions,
} from './workflow-versions.js';
export type { WorkflowScaling } from './workflow-scaling.js';
