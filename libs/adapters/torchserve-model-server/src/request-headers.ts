/** Headers of the client's connection or for us alone: hop-by-hop ones (RFC 9110, 7.6.1), addresses. */
const withheld = new Set([
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

/**
 * Name, value, name, value, …: what a model may see of the client's headers, and the request's id. TorchServe's handlers look a
 * header up as it is spelt, so each keeps the client's spelling.
 *
 * @param withAuthorization false where a key of our own stands there.
 */
export function forwardedHeaders(
  requestId: string,
  headers: Readonly<Record<string, string>>,
  withAuthorization: boolean,
): string[] {
  const forwarded = ['x-request-id', requestId];
  for (const name of Object.keys(headers)) {
    const key = name.toLowerCase();
    const value = headers[name];
    // content-…: they speak of the client's body, which the model does not receive as it was.
    if (value === undefined || withheld.has(key) || key.startsWith('content-')) continue;
    if (key === 'authorization' && !withAuthorization) continue;
    forwarded.push(name, value);
  }
  return forwarded;
}
