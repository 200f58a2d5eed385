export { FilesystemArchiveStore, type FilesystemArchiveStoreOptions } from './filesystem-archive-store.js';
