import type { ArchiveSource } from '@torchweave/application';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { longest, tooLong, type ArchivesToReach } from './archive-source.js';

/** Where the source has to look, and what it may. */
interface ServedArchives {
  readonly workflowStore: string;
  /** Java regular expressions. */
  readonly allowedUrls: readonly string[];
}

/** Archives in a folder and on a web server on loopback, and the source that is to reach them there. */
export async function servedArchives(sourceOf: (where: ServedArchives) => ArchiveSource): Promise<ArchivesToReach> {
  const workflowStore = await mkdtemp(join(tmpdir(), 'served-archives-'));
  await writeFile(join(workflowStore, 'here.war'), longest);
  await writeFile(join(workflowStore, 'long.war'), tooLong);
  const server = createServer((request, response) => {
    if (request.url === '/here.war') response.end(longest);
    else if (request.url === '/long.war') response.end(tooLong);
    else if (request.url === '/long-without-a-length.war') response.writeHead(200).write(tooLong, () => response.end());
    else if (request.url === '/broken.war')
      response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
    else if (request.url === '/stalled.war') response.writeHead(200).write('x');
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const files = pathToFileURL(workflowStore).href;
  return {
    source: sourceOf({ workflowStore, allowedUrls: [`${web}/.*`, `${files}/.*`] }),
    present: ['here.war', `${files}/here.war`, `${web}/here.war`],
    tooLong: ['long.war', `${files}/long.war`, `${web}/long.war`, `${web}/long-without-a-length.war`],
    missing: {
      'none.war': 'workflowNotInStore',
      [`${files}/none.war`]: 'downloadFailed',
      [`${web}/none.war`]: 'downloadFailed',
    },
    forbidden: 'http://127.0.0.1:1/here.war',
    broken: `${web}/broken.war`,
    stalled: `${web}/stalled.war`,
    dispose: async () => {
      server.closeAllConnections();
      server.close();
      await rm(workflowStore, { recursive: true });
    },
  };
}
