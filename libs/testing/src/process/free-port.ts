import { createServer } from 'node:net';

// Below Linux's ephemeral ports (from 32768): no outgoing connection takes one before whoever asked for it listens.
const lowest = 12_000;
const highest = 32_000;
const attempts = 100;
const given = new Set<number>();

/** A port of loopback that nobody listens on now, that no outgoing connection takes, and that is given once. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port was found between ${lowest} and ${highest}`);
}

/** Whether nobody listens on a port of loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
