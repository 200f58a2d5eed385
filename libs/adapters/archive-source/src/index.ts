export { createArchiveSource, type ArchiveSourceOptions } from './archive-source.js';
