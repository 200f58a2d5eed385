export { FilesystemArchiveStore, type FilesystemArchiveStoreOptions } from './filesystem-archive-store.js';
export type { ArchiveLimits } from './limits.js';
export { unpack, type Unpack } from './unpack.js';
export { packModelArchive, type ModelArchiveOptions } from './packing/model-archive.js';
export type { PackEntry } from './packing/pack-entry.js';
export { packWorkflowArchive, type WorkflowArchiveOptions } from './packing/workflow-archive.js';
export type { ArchiveFormat, ExportOptions } from './packing/write-archive.js';
