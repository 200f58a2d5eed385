/**
 * Asks a server something that changes nothing. `json`: what was sent, undefined for anything else.
 *
 * @throws Error that says why there is no answer.
 */
export type Probe = (
  method: 'GET' | 'POST' | 'OPTIONS',
  url: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly json: unknown }>;
