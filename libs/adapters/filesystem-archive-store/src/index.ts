export { FilesystemArchiveStore, type FilesystemArchiveStoreOptions } from './filesystem-archive-store.js';
export { defaultLimits, type ArchiveLimits } from './limits.js';
export { unpack, type Unpack } from './unpack.js';
export { packModelArchive, type ModelArchiveOptions } from './packing/model-archive.js';
export type { PackEntry } from './packing/pack-entry.js';
export { packTarGz } from './packing/pack-tar-gz.js';
export { packZip } from './packing/pack-zip.js';
export { packWorkflowArchive, type WorkflowArchiveOptions } from './packing/workflow-archive.js';
export type { ArchiveFormat, ExportOptions } from './packing/write-archive.js';
