/** Headers of the client's connection or for us alone: hop-by-hop ones (RFC 9110, 7.6.1), credentials, addresses. */
const withheld = new Set([
  'authorization',
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

/** A content type may come from a handler's answer: what HTTP does not allow in a header becomes a question mark. */
export function headerValue(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

/** Name, value, name, value, …: what a model may see of the client's headers, and the request's id. */
export function forwardedHeaders(requestId: string, headers: Readonly<Record<string, string>>): string[] {
  const forwarded = ['x-request-id', requestId];
  for (const key of Object.keys(headers)) {
    const name = key.toLowerCase();
    const value = headers[key];
    // content-…: they speak of the client's body, which the model does not receive as it was.
    if (value === undefined || withheld.has(name) || name.startsWith('content-')) continue;
    forwarded.push(name, value);
  }
  return forwarded;
}
