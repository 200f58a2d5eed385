const reasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut off',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ENOTFOUND: 'the host name is not known',
  ETIMEDOUT: 'the host did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'the host did not answer in time',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off',
};

/** Why a transfer failed. Messages of the network stack name addresses, so only codes are told. */
export function transferFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'the transfer failed';
  if (error.name === 'TimeoutError') return 'it took too long';
  if (error.name === 'HTTPParserError') return 'the answer is not HTTP';
  const code = 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (/^[A-Z_\d]+$/.test(code) ? `the transfer failed (${code})` : 'the transfer failed');
}
