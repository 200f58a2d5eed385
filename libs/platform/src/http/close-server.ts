import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { HttpAdmission } from './http-admission.js';

const lookEveryMs = 50;
/** ms in which a kept-alive connection may bring one more request, to be told that its connection is closed. */
const lingerMs = 1_000;

/**
 * Closes a server so that no request is lost: it takes no new connection, answers what is under way and what comes on the
 * connections that it has, closes each with its answer, and at last those that bring nothing.
 *
 * @param admission of the requests under way: their connections are closed with their answers.
 */
export async function closeServer(
  { server, close }: { readonly server: HttpServer; close(): PromiseLike<unknown> },
  admission?: HttpAdmission,
): Promise<void> {
  server.prependListener('request', (_, answer) => (answer.shouldKeepAlive = false));
  admission?.drain();
  await hasNoConnections(server);
  await requestsAreRead();
  const looking = setInterval(() => void requestsAreRead().then(() => server.closeIdleConnections()), lookEveryMs);
  try {
    await close();
  } finally {
    clearInterval(looking);
  }
}

/** A connection counts as idle while its next request lies unread: what has arrived is read before a look. */
const requestsAreRead = (): Promise<void> => setImmediate();

/** Turns of the event loop that may bring connections before the server closes all the same. */
const mostTurns = 100;

/** Takes the connections that the system has taken for the server: it resets them when the server stops listening. */
async function connectionsAreTaken(server: HttpServer): Promise<void> {
  let hasCome = true;
  const onConnection = (): void => void (hasCome = true);
  server.on('connection', onConnection);
  // The present turn may be past its look for connections.
  await setImmediate();
  for (let turn = 0; hasCome && turn < mostTurns; turn += 1) {
    hasCome = false;
    await setImmediate();
  }
  server.off('connection', onConnection);
}

/** Stops listening; resolves when the last connection is gone, or after a while. */
async function hasNoConnections(server: HttpServer): Promise<void> {
  if (!server.listening) return;
  await connectionsAreTaken(server);
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), lingerMs);
  const closed = once(server, 'close', { signal: waiting.signal }).catch(() => undefined);
  // Past http.Server's own: that hangs up on a client that is about to send its next request.
  Server.prototype.close.call(server);
  await closed;
  clearTimeout(timer);
}
