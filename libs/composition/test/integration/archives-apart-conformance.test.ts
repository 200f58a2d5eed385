import { silentLogger } from '@torchweave/application';
import { describeArchiveSource, mostBytes } from '@torchweave/testing/port-conformance/archive-source';
import { servedArchives } from '@torchweave/testing/port-conformance/served-archives';
import { describeSpecReader } from '@torchweave/testing/port-conformance/spec-reader';
import { ArchivesApart } from '../../src/archive-process/archives-apart.js';

const apartFrom = (where: {
  readonly workflowStore?: string;
  readonly allowedUrls: readonly string[];
}): ArchivesApart =>
  new ArchivesApart({
    source: {
      ...where,
      ...{ allowPrivateAddresses: true, maxRedirects: 1, maxArchiveBytes: mostBytes },
      ...{ connectTimeoutMs: 10_000, totalTimeoutMs: 20_000 },
    },
    environment: process.env,
    logger: silentLogger,
  });

describeArchiveSource('ArchivesApart', async () => {
  const apart: ArchivesApart[] = [];
  const archives = await servedArchives((where) => {
    const created = apartFrom(where);
    apart.push(created);
    return created.createSource();
  });
  return {
    ...archives,
    dispose: async () => {
      await Promise.all(apart.map((each) => each.close()));
      await archives.dispose();
    },
  };
});

describeSpecReader('ArchivesApart', () => {
  const apart = apartFrom({ allowedUrls: [] });
  return { specs: apart.specs, dispose: () => apart.close() };
});
