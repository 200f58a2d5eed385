import { faultOf, unreachable, type Outcome } from './fault.js';

/** Where the page's own endpoints are. */
export const pageApi = '/dashboard/api/';

/** Called when an answer says that nobody is signed in (any more). */
let onSignedOut: () => void = () => undefined;
export const whenSignedOut = (listener: () => void): void => {
  onSignedOut = listener;
};

/** Asks this server for JSON. Throws nothing but what aborts it: a fault is a value. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<Outcome<T>> {
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(path, { credentials: 'same-origin', ...init });
    body = await jsonOf(answer);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    return { fault: unreachable };
  }
  if (answer.ok) return { value: body as T };
  const fault = faultOf(answer.status, body);
  if (fault.kind === 'signIn' && path !== `${pageApi}session`) onSignedOut();
  return { fault };
}

/** An error's body may be of a proxy, and no JSON: its status is told all the same. */
async function jsonOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (answer.ok) throw error;
    return undefined;
  }
}

/** Sends JSON. */
export const send = <T>(path: string, method: string, body?: unknown): Promise<Outcome<T>> =>
  ask(path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
