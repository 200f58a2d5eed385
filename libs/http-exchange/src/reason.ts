import { codeOf } from '@torchweave/kernel';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name lookup failed',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connect timed out',
  connectTimeout: 'connect timed out',
  connectionClosed: 'connection closed',
  clientClosed: 'this client is closed',
  notHttp: 'the answer is not HTTP',
};

/** Why an exchange failed, in a few words that name no address and are no library's own. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'connection failed';
  const code = codeOf(cause) || codeOf(cause.cause);
  if (code === '') return 'connection failed';
  return reasons[code] ?? `connection failed (${code})`;
}
