import { describeArchiveStore, describeUnpackedArchives } from '@torchweave/testing/port-conformance/archive-store';
import { temporaryStore } from './temporary-store.js';

describeArchiveStore('FilesystemArchiveStore', () => temporaryStore());
describeUnpackedArchives('FilesystemArchiveStore', () => temporaryStore());
