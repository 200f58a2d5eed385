import { randomUUID } from 'node:crypto';

const requestIdPattern = /^[\w.:-]{1,128}$/;

/** The client's `x-request-id` where it is one that cannot break a log line, else a new one. */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}
