import { commonHeaders } from '@torchweave/platform';
import type { NodeOutput } from '@torchweave/domain';
import type { OutgoingHttpHeaders } from 'node:http';

/** What frames an answer, belongs to the connection that it takes, or is the server's own to say. */
const ownNames = new Set([
  ...['content-length', 'transfer-encoding', 'trailer', 'te', 'content-type', 'x-request-id', 'date'],
  'torchweave-version',
  ...['connection', 'keep-alive', 'upgrade', 'http2-settings', 'expect', '__proto__'],
  ...['proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info'],
]);
/** By these a reverse proxy sends a file of its own instead. */
const fileNames = /^x-(accel-|sendfile|lighttpd-send-file)/;
const token = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The headers of an answer: the server's own, and what a function has set as far as it may. A function that sets others
 * is answered without them.
 */
export function answerHeaders(requestId: string, { contentType, headers, value }: NodeOutput): OutgoingHttpHeaders {
  const answered: OutgoingHttpHeaders = { ...commonHeaders, 'x-request-id': requestId };
  for (const name in headers) {
    const given = headers[name];
    if (given !== undefined && isAllowed(name) && fieldValue.test(given)) answered[name] = given;
  }
  const isPlain = contentType === undefined || contentType === 'application/json';
  answered['content-type'] = !isPlain && fieldValue.test(contentType) ? contentType : 'application/json';
  answered['content-length'] = value.byteLength;
  return answered;
}

function isAllowed(name: string): boolean {
  return token.test(name) && !ownNames.has(name) && !fileNames.test(name);
}
