export { inspectManifest } from './archive/inspect-manifest.js';
export { jsonFault } from './archive/json-fault.js';
export { isInsidePath, manifestPath, parseManifest, type Manifest } from './archive/manifest.js';
export { buildDag, type Adjacency, type Dag } from './dag/dag.js';
export { shorten } from './errors/bound-data.js';
export { placed, sourcePlaceOf, type SourcePlace } from './errors/source-place.js';
export type { SpecProblem } from './errors/catalogue/archive-errors.js';
export { errorCatalogue, type ErrorCode, type ErrorData } from './errors/catalogue/catalogue.js';
export type { NodeFailure } from './errors/catalogue/workflow-errors.js';
export {
  isRefused,
  isTorchweaveError,
  isUnanswered,
  toTorchweaveError,
  TorchweaveError,
} from './errors/torchweave-error.js';
export type { ErrorBody, ErrorRecord } from './errors/torchweave-error.js';
export { answerOf } from './execution-plan/answer.js';
export { finiteJson } from './execution-plan/finite-json.js';
export { ExecutionPlan, PlanRun, type PlannedNode } from './execution-plan/execution-plan.js';
export type { InputField, NodeInput, NodeOutput } from './execution-plan/node-io.js';
export { phases, type Phase } from './lifecycle/lifecycle.js';
export type { FunctionNode } from './node-kinds/function.js';
export type { ModelNode } from './node-kinds/model.js';
export { kindOf, nodeKinds, type NodeKind, type WorkflowNode } from './node-kinds/node-kinds.js';
export { answerDifference } from './probe/answer-difference.js';
export { longestProbe, mediaTypeOfFile, type ProbeSpec } from './probe/probe-spec.js';
export { inspectSpec, parseSpec, type SpecReading } from './spec/parse-spec.js';
export { reviewSpec, type ProbeFile, type SpecReview } from './spec/review-spec.js';
export { settingFault } from './spec/spec.js';
export type { ModelSpec, NodeSettings, WorkflowSpec } from './spec/spec.js';
export type { SpecRule } from './spec/spec-document.js';
export { asVersion, defineWorkflow, functionNodes, isUrl } from './workflow/definition.js';
export { missingHandler, modelNodes, servedModelsOf, versionOf } from './workflow/definition.js';
export type { WorkflowDefinition } from './workflow/definition.js';
export { assertWorkflowName, isValidName, modelNameOf, nameRule } from './workflow/name.js';
export {
  pointOf,
  trafficFault,
  versionAt,
  versionOfAll,
  versionsBesideActive,
  versionsIn,
  versionsToShadow,
  type Traffic,
} from './workflow/traffic.js';
export { nodesToScale, withWorkers, workerBounds, workerRangeOf, type WorkerRange } from './workflow/workers.js';
export { firstVersion, parseVersionId, versionId, type WorkflowVersion } from './workflow/workflow-version.js';
