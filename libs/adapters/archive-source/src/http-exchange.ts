import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

/** One GET. */
export interface HttpGet {
  readonly target: URL;
  /** How the host is resolved. */
  readonly lookup: LookupFunction;
  /** ms for looking the host up and connecting to it. */
  readonly connectTimeoutMs: number;
  /** Ends the exchange, also in the middle of the body. */
  readonly signal: AbortSignal;
}

/** Thrown when the host has not been connected to in time. */
class ConnectTimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'torchweave' };

/**
 * Asks for the head of an answer, on a connection of its own; the body is read as the caller reads it.
 *
 * Whatever happens to the connection comes as a rejection, or out of the body: nothing is thrown elsewhere.
 */
export function get({ target, lookup, connectTimeoutMs, signal }: HttpGet): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection of its own ends with the answer; whoever keeps it open does so for nothing.
    const options: RequestOptions = { headers, lookup, signal, agent: false };
    const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options);
    const timer = setTimeout(
      () => request.destroy(new ConnectTimeoutError('the host was not connected to in time')),
      connectTimeoutMs,
    );
    const stopTimer = (): void => clearTimeout(timer);
    request.once('socket', (socket) => {
      socket.once(target.protocol === 'https:' ? 'secureConnect' : 'connect', stopTimer);
    });
    request.once('close', stopTimer);
    // Stays for good: after the head it is the body that tells a failure.
    request.on('error', reject);
    request.once('response', (answer) => {
      answer.on('error', () => undefined);
      resolve(answer);
    });
    request.end();
  });
}
