import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { closeServer } from '@torchweave/platform';

describe('a server that is closed', () => {
  it('answers those whom the system has connected and it has not accepted yet', async () => {
    const server = createServer((_: IncomingMessage, answer) => answer.end('here'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const answers = Array.from({ length: 20 }, () => ask(connect(port, '127.0.0.1')));
    // The calls to connect are made, and nothing was read since.
    await promisify(process.nextTick)();
    await closeServer({ server, close: () => promisify(server.close.bind(server))().catch(() => undefined) });
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*here/);
  });
});

function ask(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', (error) => resolve(String(error))).on('close', () => resolve(answer));
    socket.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: keep-alive\r\n\r\n');
  });
}
