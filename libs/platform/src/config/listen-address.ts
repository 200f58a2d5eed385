/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The host and port of an `http://host:port` setting; a port given by flag wins. */
export function listenAddress(address: string, port: number | undefined): ListenAddress {
  const url = new URL(address);
  const fallback = url.protocol === 'https:' ? 443 : 80;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: port ?? (url.port === '' ? fallback : Number(url.port)) };
}
