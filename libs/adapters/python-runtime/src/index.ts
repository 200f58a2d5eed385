export {
  PythonFunctionRuntime,
  type PythonFunctionRuntimeOptions,
} from './function-runtime/python-function-runtime.js';
export { LocalModelServer, type LocalModelServerOptions } from './model-server/local-model-server.js';
export type { ProcessStatus } from './pool/process-supply.js';
export { scrubbedEnvironment, type Confinement, type ProcessLimits, type PythonOptions } from './options.js';
export { ConfinementError } from './processes/supervisor-process.js';
export { inspectSource, type NoPython } from './source-check/inspect-source.js';
export type { SourceFacts } from './source-check/source-facts.js';
export { readModelManifest, type ModelManifest } from './model-server/model-manifest.js';
