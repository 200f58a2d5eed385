import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createArchiveSource, type ArchiveSourceOptions } from '../../src/index.js';

export { download } from '@torchweave/testing/port-conformance/archive-source';

/** A server that ends with the test, and its URL without a trailing slash. */
export interface LocalServer {
  readonly url: string;
  readonly port: number;
}

async function listen(server: Pick<Server, 'listen' | 'close' | 'address' | 'once'>): Promise<LocalServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** An HTTP server on loopback. */
export async function serve(listener: RequestListener): Promise<LocalServer> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** A server on loopback that writes what `speak` says to every connection. */
export async function serveRaw(speak: (socket: Socket) => void): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => speak(socket));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server as unknown as Server);
}

/** Answers host names from a table, and remembers what it was asked. */
export function tableLookup(table: Record<string, string[]>): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (host, _options, callback) => {
    asked.push(host);
    const addresses = table[host]?.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (addresses !== undefined) callback(null, addresses);
    else callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), '', 0);
  };
  return { lookup, asked };
}

/** A source that reaches everything, where the test does not say otherwise. */
export function sourceWith(options: Partial<ArchiveSourceOptions> = {}): ReturnType<typeof createArchiveSource> {
  return createArchiveSource({
    allowedUrls: ['file://.*|http(s)?://.*'],
    allowPrivateAddresses: true,
    maxArchiveBytes: 1_000_000,
    connectTimeoutMs: 10_000,
    totalTimeoutMs: 20_000,
    maxRedirects: 3,
    ...options,
  });
}
