import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.js';

describe('FaultProxy', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  let proxy: FaultProxy;

  /** A server that answers each piece with its own name and the piece. */
  async function serve(name: string): Promise<string> {
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      socket.on('data', (piece) => socket.write(`${name}:${piece.toString()}`));
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }
  async function ask(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [piece] = (await once(socket, 'data')) as [Buffer];
    return piece.toString();
  }

  beforeEach(async () => {
    proxy = await FaultProxy.start(await serve('a'));
  });
  afterEach(async () => {
    await proxy.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  it('passes on what it is sent, both ways', async () => {
    const socket = await open();
    expect([await ask(socket, 'x'), await ask(socket, 'y'), proxy.connections]).toEqual(['a:x', 'a:y', 1]);
  });

  it('refuses new connections, ends the others, and takes new ones again on its port', async () => {
    const socket = await open();
    await ask(socket, 'x');
    const closed = once(socket, 'close');
    await proxy.use('refuse');
    await closed;
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.use('pass');
    expect(await ask(await open(), 'x')).toBe('a:x');
  });

  it('lets nothing through while it hangs, and everything after that', async () => {
    const socket = await open();
    await ask(socket, 'x');
    await proxy.use('hang');
    let isAnswered = false;
    const answer = ask(socket, 'y').finally(() => (isAnswered = true));
    const other = await open();
    const answerOfOther = ask(other, 'z');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isAnswered).toBe(false);
    await proxy.use('pass');
    expect([await answer, await answerOfOther]).toEqual(['a:y', 'a:z']);
  });

  it('resets connections, old and new', async () => {
    const socket = await open();
    await ask(socket, 'x');
    const failed = once(socket, 'error');
    await proxy.use('reset');
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    const again = connect(proxy.port, '127.0.0.1');
    const [error] = (await once(again, 'error')) as [Error];
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is slow', async () => {
    await proxy.use('slow');
    const startedAt = performance.now();
    expect(await ask(await open(), 'x')).toBe('a:x');
    expect(performance.now() - startedAt).toBeGreaterThan(300);
  });

  it('answers garbage', async () => {
    const socket = await open();
    await ask(socket, 'x');
    await proxy.use('garbage');
    expect(await ask(socket, 'x')).not.toContain('a:');
  });

  it('goes to the next of its targets, and past one that does not listen', async () => {
    await proxy.close();
    const [b, c] = [await serve('b'), await serve('c')];
    proxy = await FaultProxy.start(b, c);
    const names = new Set([await ask(await open(), 'x'), await ask(await open(), 'x')]);
    expect(names).toEqual(new Set(['b:x', 'c:x']));
    servers.at(-1)?.close();
    expect([await ask(await open(), 'x'), await ask(await open(), 'x')]).toEqual(['b:x', 'b:x']);
  });
});
