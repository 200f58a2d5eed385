/** Carries the client's key, which is none of a model's business. */
const withheld = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** The client's headers as functions see them: names as the client wrote them, the last of several values. */
export function clientHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!withheld.has(name.toLowerCase())) headers[name] = rawHeaders[i + 1] as string;
  }
  return headers;
}
