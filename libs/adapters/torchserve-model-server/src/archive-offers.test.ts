import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Readable } from 'node:stream';

import { silentLogger, type ModelArchive } from '@torchweave/application';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ArchiveOffers, type ArchiveOffer } from './archive-offers.js';

const archiveOf = (content: string): ModelArchive => ({
  digest: 'd',
  read: () => Promise.resolve({ bytes: content.length, content: Readable.from([Buffer.from(content)]) }),
});

let modelServer: Server;
let towards: { url: URL; endpoint: string };

beforeEach(async () => {
  modelServer = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(modelServer, 'listening');
  const { port } = modelServer.address() as AddressInfo;
  towards = { url: new URL(`http://127.0.0.1:${port}`), endpoint: 'test' };
});
afterEach(() => {
  modelServer.close();
});

const offers = new ArchiveOffers({ logger: silentLogger });
const isRefused = async (offer: ArchiveOffer): Promise<boolean> =>
  fetch(offer.url).then(
    () => false,
    () => true,
  );

describe('an offered archive', () => {
  it('is fetched whole from where the model server is reached, under its name', async () => {
    const offer = await offers.offer(archiveOf('the bytes'), 'a.mar', towards);
    expect(offer.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/a\.mar$/);
    expect(offer.isFetched).toBe(false);
    const answer = await fetch(offer.url);
    expect(answer.headers.get('content-length')).toBe('9');
    expect(await answer.text()).toBe('the bytes');
    expect(offer.isFetched).toBe(true);
    offer.withdraw();
  });

  it('is not there under any other address, by another method, or a fourth time', async () => {
    const offer = await offers.offer(archiveOf('x'), 'a.mar', towards);
    const { origin } = new URL(offer.url);
    for (const path of ['/', '/a.mar', `/${'0'.repeat(32)}/a.mar`]) {
      expect((await fetch(`${origin}${path}`)).status).toBe(404);
    }
    expect((await fetch(offer.url, { method: 'POST' })).status).toBe(404);
    const statuses = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await fetch(offer.url)).status);
    expect(statuses).toEqual([200, 200, 200, 404]);
    offer.withdraw();
  });

  it('is gone when it is withdrawn, and with the last one the port', async () => {
    const first = await offers.offer(archiveOf('1'), 'a.mar', towards);
    const second = await offers.offer(archiveOf('2'), 'a.mar', towards);
    expect(new URL(first.url).port).toBe(new URL(second.url).port);
    first.withdraw();
    expect((await fetch(first.url)).status).toBe(404);
    expect(await (await fetch(second.url)).text()).toBe('2');
    second.withdraw();
    await expect.poll(() => isRefused(second)).toBe(true);
  });

  it('does not wait for whoever reads it slowly', async () => {
    const endless = new Readable({ read: () => undefined });
    const archive = { digest: 'd', read: () => Promise.resolve({ bytes: 1_000, content: endless }) };
    const offer = await offers.offer(archive, 'a.mar', towards);
    const { port, pathname } = new URL(offer.url);
    const client = connect(Number(port), '127.0.0.1');
    client.on('error', () => undefined);
    client.write(`GET ${pathname} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await expect.poll(() => offer.isFetched).toBe(true);
    offer.withdraw();
    await once(client, 'close');
    await expect.poll(() => endless.destroyed).toBe(true);
  });

  it('is at the address that is configured', async () => {
    const port = await freePort();
    const configured = new ArchiveOffers({ address: `http://localhost:${port}`, logger: silentLogger });
    const offer = await configured.offer(archiveOf('x'), 'a.mar', towards);
    expect(new URL(offer.url).host).toBe(`localhost:${port}`);
    expect(await (await fetch(offer.url)).text()).toBe('x');
    offer.withdraw();
  });

  it('is refused with a sentence where that is taken', async () => {
    const { port } = towards.url;
    const configured = new ArchiveOffers({ address: `http://127.0.0.1:${port}`, logger: silentLogger });
    await expect(configured.offer(archiveOf('x'), 'a.mar', towards)).rejects.toMatchObject({
      code: 'modelServerRefused',
      message: expect.stringContaining('cannot listen at model_delivery_address (EADDRINUSE)') as string,
    });
  });

  it('needs a model server that can be reached', async () => {
    modelServer.close();
    await expect(offers.offer(archiveOf('x'), 'a.mar', towards)).rejects.toMatchObject({
      code: 'modelServerUnreachable',
      data: { reason: 'connection refused' },
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
