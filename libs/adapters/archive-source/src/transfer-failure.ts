const cutOff = 'the connection was cut off';
const isLate = 'the host did not answer in time';

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: cutOff,
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ENOTFOUND: 'the host name is not known',
  EPIPE: cutOff,
  EPROTO: 'the host does not speak TLS',
  ERR_STREAM_PREMATURE_CLOSE: cutOff,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  ETIMEDOUT: isLate,
  HPE_HEADER_OVERFLOW: 'the headers of the answer are too large',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
};

/** Why a transfer failed. Messages of the network stack name addresses, so only codes are told. */
export function transferFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'the transfer failed';
  // One of several addresses of a host speaks for all.
  if (error instanceof AggregateError && error.errors.length > 0) return transferFailure(error.errors[0]);
  const code = 'code' in error ? String(error.code) : '';
  if (code in reasons) return reasons[code] ?? '';
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  return /^[A-Z_\d]+$/.test(code) ? `the transfer failed (${code})` : 'the transfer failed';
}
