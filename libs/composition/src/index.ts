export { createParts, type Parts, type PythonProcesses, type StartableRuntime } from './parts.js';
