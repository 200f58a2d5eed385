export { createParts, type Parts, type StartableRuntime } from './parts.js';
