export { checkModelServers } from './doctor/check-model-servers.js';
export { failure, ok, warning, type Finding, type Level } from './doctor/finding.js';
export { hasModelServerInside, modelServerFaults } from './model-server-kinds/kinds.js';
export { createParts, type Parts, type PartsOptions, type PythonProcesses, type StartableRuntime } from './parts.js';
export { createSourceInspector, type InspectSource } from './source-inspector.js';
export { createUploadStore } from './upload-store.js';
export type { NoPython, SourceFacts } from '@torchweave/python-runtime';
export { startTraced } from './start-traced.js';
