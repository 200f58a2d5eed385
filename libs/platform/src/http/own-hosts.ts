import { BlockList, isIP, isIPv6 } from 'node:net';
import { hostname } from 'node:os';

export interface OwnHostsOptions {
  /** The host of the server's address, as the settings have it. */
  readonly listensOn: string;
  /** Whether others than this machine reach the server. */
  readonly isExposed: boolean;
  /** Further names, `*.example.com` for all below one, `*` for any. */
  readonly allowed: readonly string[];
}

const ofThisMachine = new BlockList();
ofThisMachine.addSubnet('127.0.0.0', 8, 'ipv4');
ofThisMachine.addAddress('::1', 'ipv6');
// Where people and browsers reach what listens on loopback, too.
ofThisMachine.addAddress('0.0.0.0', 'ipv4');
ofThisMachine.addAddress('::', 'ipv6');

/** `host`, `host:port` or `[address]:port`; nothing that could be read in another way. */
const authority = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{0,5})?$/i;

/** `localhost.` is `localhost`. */
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/**
 * The names under which a server may be asked for.
 *
 * A web page cannot choose the `Host` that its browser sends, other than by a name that its owner leads here: so names must be
 * known, while an address is what the browser has connected to.
 */
export class OwnHosts {
  private readonly names: ReadonlySet<string>;
  private readonly endings: readonly string[];
  private readonly isAny: boolean;
  private readonly isExposed: boolean;
  /** What was found to be ours last: most clients say the same every time. */
  private last = '';

  constructor({ listensOn, isExposed, allowed }: OwnHostsOptions) {
    const given = allowed.map((entry) => plain(entry.replace(/:\d*$/, '')));
    const ownName = plain(hostname());
    const known = ['localhost', plain(listensOn), ...(isExposed ? [ownName, ownName.split('.')[0] ?? ''] : [])];
    this.names = new Set([...known, ...given].filter((name) => name !== ''));
    this.endings = given.flatMap((name) => (/^\*?\../.test(name) ? [name.replace(/^\*/, '')] : []));
    this.isAny = given.includes('*');
    this.isExposed = isExposed;
  }

  /** @param host the value of a `Host` header, or the authority of a request's target. */
  has(host: string): boolean {
    if (host === this.last && host !== '') return true;
    if (!this.isOwn(host)) return false;
    this.last = host;
    return true;
  }

  private isOwn(host: string): boolean {
    const [, address, name] = authority.exec(host) ?? [];
    const asked = plain(address ?? name ?? '');
    // In brackets stands an address of version 6 and nothing else.
    if (asked === '' || (address !== undefined && !isIPv6(asked))) return false;
    if (this.isAny || this.names.has(asked)) return true;
    if (isIP(asked) !== 0) return this.isExposed || ofThisMachine.check(asked, isIPv6(asked) ? 'ipv6' : 'ipv4');
    return this.endings.some((ending) => asked.endsWith(ending));
  }
}
