/** Headers by which clients show who they are. Where keys are in use, one of them is the client's key. */
export const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** They speak of a body as it was sent, before it was decoded. */
export const encodingHeaders: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

/**
 * The client's headers as functions and models see them: names as the client wrote them, the last of several values.
 *
 * @param withheld names in lower case that they do not see.
 */
export function clientHeaders(rawHeaders: readonly string[], withheld: ReadonlySet<string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (withheld.size === 0 || !withheld.has(name.toLowerCase())) headers[name] = rawHeaders[i + 1] as string;
  }
  return headers;
}
