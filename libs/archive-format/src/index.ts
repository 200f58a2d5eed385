export { defaultLimits, type ArchiveLimits } from './limits.js';
export { packModelArchive, type ModelArchiveOptions } from './packing/model-archive.js';
export type { PackEntry } from './packing/pack-entry.js';
export { packWorkflowArchive, type WorkflowArchiveOptions } from './packing/workflow-archive.js';
export type { ArchiveFormat, ExportOptions } from './packing/write-archive.js';
export { readBytes, readText } from './read-text.js';
export { unpack, type Unpack } from './unpack.js';
/** @internal Tests of the store pack what no archiver of ours takes. */
export { packTarGz } from './packing/pack-tar-gz.js';
export { streamZip } from './packing/pack-zip.js';
/** @internal */
export { packZip } from './packing/pack-zip.js';
