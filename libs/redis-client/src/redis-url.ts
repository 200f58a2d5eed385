import { TorchweaveError } from '@torchweave/domain';

/** What an address of Redis must be. */
export const redisUrlRule =
  'redis://[user:password@]host[:port][/database], or rediss:// for TLS, of one server and without parameters; for Sentinel or ' +
  'Cluster, the address of a proxy that leads to the primary';

/** A text that may be an address, without what stands before its last `@`: user and password. */
export function withoutSecret(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@').slice(0, 200);
}

const isDatabase = (path: string): boolean => /^\/?$|^\/\d{1,5}$/.test(path);

/** Whether a part of an address is spelt so that it can be read. */
function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads where Redis is.
 *
 * @returns the address for people: `redis://host:port`, without user and password.
 * @throws TorchweaveError `configurationInvalid` with no secret in it.
 */
export function parseRedisUrl(text: string): string {
  const refused = new TorchweaveError('configurationInvalid', {
    setting: '--redis-url',
    value: withoutSecret(text),
    rule: redisUrlRule,
  });
  if (!URL.canParse(text)) throw refused;
  const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(text);
  const isOneServer = (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '' && !hostname.includes(',');
  const isPlain = search === '' && hash === '' && isDatabase(pathname);
  if (!isOneServer || !isPlain || !isDecodable(username) || !isDecodable(password)) throw refused;
  return `${protocol}//${hostname}:${port === '' ? '6379' : port}${pathname === '/' ? '' : pathname}`;
}
