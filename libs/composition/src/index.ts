export { createParts, type Parts, type PartsOptions, type PythonProcesses, type StartableRuntime } from './parts.js';
export { createUploadStore } from './upload-store.js';
