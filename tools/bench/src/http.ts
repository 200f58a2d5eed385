import { setTimeout as sleep } from 'node:timers/promises';

const requestTimeoutMs = 120_000;
const calmWithinMs = 1_000;
const givenUpAfterMs = 60_000;
const pauseMs = 200;

/** Calls a management API and returns the answer's text. @throws with status and text for any answer but 2xx. */
export async function call(method: 'GET' | 'POST' | 'DELETE', url: string): Promise<string> {
  const answer = await fetch(url, { method, signal: AbortSignal.timeout(requestTimeoutMs) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text.replace(/\s+/g, ' ')}`);
  return text;
}

/** Sends one prediction and returns the answer's text. @throws for any answer but 2xx, or none in time. */
export async function predict(url: string, body: string, timeoutMs = requestTimeoutMs): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/octet-stream' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${text.replace(/\s+/g, ' ')}`);
  return text;
}

/**
 * Waits until `url` answers a request within a second again: what one load has left in a queue must not count for the
 * next one. Resolves to false when it has not after 60 s.
 */
export async function untilCalm(url: string): Promise<boolean> {
  await sleep(pauseMs);
  for (const deadline = Date.now() + givenUpAfterMs; Date.now() < deadline; await sleep(pauseMs)) {
    const answered = await predict(url, 'calm?', calmWithinMs).then(
      () => true,
      () => false,
    );
    if (answered) return true;
  }
  return false;
}
