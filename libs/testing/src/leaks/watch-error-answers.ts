import { afterEach } from 'vitest';
import { leaksIn } from './leaks-in.js';

/**
 * A setup file for vitest: looks through every error answer that any test gets by `fetch`, and fails the test when one tells of the
 * server's inside.
 */
const found: string[] = [];
const original = globalThis.fetch;

function textOf(input: string | URL | Request, body: RequestInit['body']): string {
  const url = input instanceof Request ? input.url : String(input);
  const sent = typeof body === 'string' || body instanceof URLSearchParams ? String(body) : '';
  return `${url} ${sent} ${decodeURIComponent(`${url} ${sent}`.replace(/%(?![0-9a-f]{2})/gi, '%25').replaceAll('+', ' '))}`;
}

globalThis.fetch = async (input, init) => {
  const response = await original(input, init);
  if (response.status < 400) return response;
  const answer = await response.clone().text();
  const leaks = leaksIn(answer, textOf(input, init?.body));
  if (leaks.length > 0) found.push(`${response.status} of ${response.url} tells ${leaks.join(', ')}`);
  return response;
};

afterEach(() => {
  const told = found.splice(0);
  if (told.length > 0) throw new Error(told.join('\n'));
});
