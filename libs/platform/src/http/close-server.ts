import type { Server } from 'node:http';

const lookEveryMs = 50;

/**
 * Closes a server: nothing new is taken, what is under way is answered, and kept-alive connections go as soon as they
 * have nothing under way; by themselves they would stay until their clients leave.
 */
export async function closeServer(server: { readonly server: Server; close(): PromiseLike<unknown> }): Promise<void> {
  const looking = setInterval(() => server.server.closeIdleConnections(), lookEveryMs);
  try {
    await server.close();
  } finally {
    clearInterval(looking);
  }
}
