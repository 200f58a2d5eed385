import { describeArchiveSource, mostBytes } from '@torchweave/testing/port-conformance/archive-source';
import { servedArchives } from '@torchweave/testing/port-conformance/served-archives';
import { sourceWith } from './local-servers.js';

describeArchiveSource('createArchiveSource', () =>
  servedArchives((where) => sourceWith({ ...where, maxArchiveBytes: mostBytes })),
);
