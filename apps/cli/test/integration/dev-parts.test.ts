import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeDataFolder, removeDataFolder } from '../../src/dev/data-folder.js';
import { RequestRelay } from '../../src/dev/request-relay.js';
import { sendAgain } from '../../src/dev/repeat-request.js';
import { FolderWatch } from '../../src/dev/watch-folders.js';
import { TemporaryFolder } from './support/temporary-folder.js';

let root: TemporaryFolder;
beforeEach(async () => {
  root = await TemporaryFolder.make();
});
afterEach(() => root.remove());

describe('a watch of folders', () => {
  let changes: number;
  let watch: FolderWatch;
  beforeEach(async () => {
    changes = 0;
    watch = new FolderWatch(() => (changes += 1));
    await root.write({ 'a.py': '1', 'lib/b.py': '1' });
    watch.follow([root.path, root.at('lib'), root.at('none')]);
  });
  afterEach(() => watch.close());

  /** Resolves when it has told of one more change. */
  async function afterChange(change: () => Promise<unknown>): Promise<void> {
    const before = changes;
    await change();
    await vi.waitFor(() => expect(changes).toBeGreaterThan(before), 5_000);
  }

  it('notices what is written, made, renamed onto another file, and removed, in each of them', async () => {
    await afterChange(() => writeFile(root.at('a.py'), '2'));
    await afterChange(() => writeFile(root.at('lib/c.py'), '2'));
    await afterChange(async () => {
      await writeFile(root.at('.b.py.new'), '2');
      await rename(root.at('.b.py.new'), root.at('lib/b.py'));
    });
    await afterChange(async () => {
      await writeFile(root.at('.b.py.new'), '3');
      await rename(root.at('.b.py.new'), root.at('lib/b.py'));
    });
    await afterChange(() => rm(root.at('lib/b.py')));
  });

  it('takes changes that come together for one', async () => {
    await afterChange(async () => {
      for (let i = 0; i < 20; i++) await writeFile(root.at('a.py'), String(i));
    });
    // Each of these would be told apart from the one before, so a single one is the sum of twenty.
    expect(changes).toBeLessThan(20);
  });

  it('ignores hidden files, compiled ones and leftovers of editors', async () => {
    for (const name of ['.a.py.swp', 'a.pyc', 'a.py~', '4913', '#a.py#']) await writeFile(root.at(name), '');
    await afterChange(() => writeFile(root.at('a.py'), '2'));
    expect(changes).toBe(1);
  });

  it('follows others from then on, and a folder that comes back', async () => {
    watch.follow([root.at('lib')]);
    await writeFile(root.at('a.py'), '2');
    await afterChange(() => rm(root.at('lib'), { recursive: true }));
    await mkdir(root.at('lib'));
    watch.follow([root.path, root.at('lib')]);
    await afterChange(() => writeFile(root.at('lib/b.py'), '2'));
  });
});

describe('a relay of requests', () => {
  let server: Server;
  let relay: RequestRelay;
  let seen: { request: IncomingMessage; body: string }[];
  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      void buffer(request).then((body) => {
        seen.push({ request, body: body.toString() });
        response.writeHead(418, { 'x-served': 'yes' }).end(`got ${body.toString()}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    relay = await RequestRelay.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 0, 100);
  });
  afterEach(async () => {
    await relay.close();
    server.closeAllConnections();
    server.close();
  });

  const send = (path: string, body: string): Promise<Response> =>
    fetch(relay.url + path, { method: 'POST', body, headers: { 'content-type': 'text/csv', 'x-own': '1' } });

  it('hands request and answer on as they are', async () => {
    const answer = await send('/wfpredict/flow?a=1', 'a,b');
    expect([answer.status, answer.headers.get('x-served'), await answer.text()]).toEqual([418, 'yes', 'got a,b']);
    expect(seen[0]?.request).toMatchObject({ method: 'POST', url: '/wfpredict/flow?a=1' });
    expect(seen[0]?.request.headers).toMatchObject({ host: new URL(relay.url).host, 'content-type': 'text/csv' });
  });

  it('remembers the last request to a workflow, to be sent again', async () => {
    await send('/wfpredict/flow?a=1', 'first');
    await send('/wfpredict/flow?a=2', 'second');
    await send('/elsewhere', 'third');
    const { last } = relay;
    expect(last).toMatchObject({ path: '/wfpredict/flow?a=2', headers: { 'content-type': 'text/csv', 'x-own': '1' } });
    if (last === undefined) return;
    expect(Object.keys(last.headers)).not.toContain('content-length');
    const answer = await sendAgain(relay.url, last, new AbortController().signal);
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([418, 'got second']);
    expect(seen.at(-1)?.request.headers).toMatchObject({ 'content-type': 'text/csv', 'x-own': '1' });
  });

  it('remembers a body of as many bytes as it may, and none with one more', async () => {
    await send('/wfpredict/flow', 'x'.repeat(100));
    expect(relay.last?.body).toHaveLength(100);
    await send('/wfpredict/flow', 'y'.repeat(101));
    expect(relay.last?.body.toString()).toBe('x'.repeat(100));
  });

  it('tells of a port that is taken', async () => {
    const { port } = server.address() as AddressInfo;
    await expect(RequestRelay.start(relay.url, port, 1)).rejects.toThrow(/Port \d+ .* \(EADDRINUSE\).*--port/);
  });

  it('ends with a request that its client has given up', async () => {
    const given = new AbortController();
    const closed = new Promise<void>((resolve) => {
      server.removeAllListeners('request');
      server.on('request', (request: IncomingMessage) => {
        request.once('close', () => resolve());
        given.abort();
      });
    });
    await expect(
      fetch(`${relay.url}/wfpredict/flow`, { method: 'POST', body: '', signal: given.signal }),
    ).rejects.toThrow();
    await closed;
  });
});

describe('the data folder of a session', () => {
  it('is its own, and those of sessions that were killed go', async () => {
    // No process has a number that large.
    await root.write({
      'torchweave-dev-4194305-abc/redis/x': '',
      'other/x': '',
      [`torchweave-dev-${process.pid}-abc/x`]: '',
    });
    const folder = await makeDataFolder(root.path);
    const names = await readdir(root.path);
    expect(names.sort()).toEqual(
      ['other', `torchweave-dev-${process.pid}-abc`, folder.slice(root.path.length + 1)].sort(),
    );
    await removeDataFolder(folder);
    expect(await readdir(root.path)).toHaveLength(2);
  });
});
