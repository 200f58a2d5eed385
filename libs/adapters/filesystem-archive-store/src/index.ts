export { FilesystemArchiveStore, type FilesystemArchiveStoreOptions } from './filesystem-archive-store.js';
export { defaultLimits, type ArchiveLimits } from './limits.js';
