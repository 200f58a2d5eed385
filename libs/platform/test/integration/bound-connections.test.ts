import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { boundConnections } from '../../src/http/bound-connections.js';

let server: Server | undefined;
const clients: Socket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  if (server === undefined) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
});

/** Resolves with whether the server keeps the connection: it says a word to those that it does. */
async function tryToConnect(port: number): Promise<boolean> {
  const client = connect(port, '127.0.0.1');
  clients.push(client);
  client.on('error', () => undefined);
  return Promise.race([once(client, 'data').then(() => true), once(client, 'close').then(() => false)]);
}

async function serve(wanted: number, readLimit: () => number | undefined): Promise<number> {
  server = createServer((socket) => socket.on('error', () => undefined).write('hello'));
  boundConnections(server, wanted, readLimit);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

it('takes what its part of the open files allows, and closes the next one', async () => {
  const port = await serve(100, () => 64 + 3 * 2);
  expect([await tryToConnect(port), await tryToConnect(port), await tryToConnect(port)]).toEqual([true, true, false]);
});

it('takes what is wanted where the system allows more', async () => {
  const port = await serve(1, () => 100_000);
  expect([await tryToConnect(port), await tryToConnect(port)]).toEqual([true, false]);
});

it('follows a limit that is changed, and keeps the last one where none can be read', async () => {
  const limits = [64 + 3 * 5, 64 + 3, undefined];
  let looks = 0;
  let onLook = (): void => undefined;
  const port = await serve(100, () => {
    const limit = limits[Math.min(looks, limits.length - 1)];
    looks += 1;
    onLook();
    return limit;
  });
  await new Promise<void>((resolve) => (onLook = () => (looks === 4 ? resolve() : undefined)));
  expect([await tryToConnect(port), await tryToConnect(port)]).toEqual([true, false]);
});
