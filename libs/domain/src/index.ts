export { jsonFault } from './archive/json-fault.js';
export { isInsidePath, manifestPath, parseManifest, type Manifest } from './archive/manifest.js';
export { buildDag, type Adjacency, type Dag } from './dag/dag.js';
export { dataLimits, shorten } from './errors/bound-data.js';
export {
  errorCatalogue,
  type ErrorCode,
  type ErrorData,
  type NodeFailure,
  type SpecProblem,
} from './errors/catalogue.js';
export { isOutOfFiles } from './errors/open-files.js';
export { isTorchweaveError, isUnanswered, toTorchweaveError, TorchweaveError } from './errors/torchweave-error.js';
export type { ErrorBody, ErrorRecord } from './errors/torchweave-error.js';
export { answerOf } from './execution-plan/answer.js';
export { finiteJson } from './execution-plan/finite-json.js';
export { ExecutionPlan, PlanRun, type PlannedNode } from './execution-plan/execution-plan.js';
export type { InputField, NodeInput, NodeOutput } from './execution-plan/node-io.js';
export { mayBecome, phases, type Phase } from './lifecycle/lifecycle.js';
export { inspectSpec, parseSpec, type SpecReading } from './spec/parse-spec.js';
export { specRules } from './spec/rules/index.js';
export { defaultNodeSettings, settingFault } from './spec/spec.js';
export type { ModelSpec, NodeSettings, WorkflowSpec } from './spec/spec.js';
export type { SpecRule } from './spec/spec-document.js';
export { defineWorkflow, functionNodes, isUrl, modelNodes } from './workflow/definition.js';
export type { FunctionNode, ModelNode, WorkflowDefinition, WorkflowNode } from './workflow/definition.js';
export { assertWorkflowName, isValidName, modelNameOf, nameRule } from './workflow/name.js';
