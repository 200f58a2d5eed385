export { createParts, type Parts } from './parts.js';
