import { codeOf } from '@torchweave/kernel';
import { setTimeout as delay } from 'node:timers/promises';

/** ms before each repetition: in that time a server that is replaced is back, or another one answers. */
const pauses = [250, 1_000, 3_000] as const;

/** Codes of a connection that was there and is lost: nobody knows what has become of the request. */
const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET']);

/** Errors within errors that are looked at. */
const deepest = 8;

/**
 * Sends a request, and again while its connection is lost. It must be one that may be sent twice.
 *
 * @throws what the last of them threw. A server that was never reached is not waited for.
 */
export async function repeatLost<T>(send: () => Promise<T>): Promise<T> {
  let wasLost = false;
  for (const pauseMs of pauses) {
    try {
      return await send();
    } catch (error) {
      wasLost ||= hasCode(error, (code) => lostCodes.has(code));
      if (!wasLost || !hasCode(error, (code) => lostCodes.has(code) || code === 'ECONNREFUSED')) throw error;
      await delay(pauseMs);
    }
  }
  return send();
}

function hasCode(error: unknown, wanted: (code: string) => boolean, depth = 0): boolean {
  if (!(error instanceof Error) || depth > deepest) return false;
  if (wanted(codeOf(error))) return true;
  const several: readonly unknown[] = error instanceof AggregateError ? error.errors.slice(0, deepest) : [];
  return [error.cause, ...several].some((cause) => hasCode(cause, wanted, depth + 1));
}
