import { TorchweaveError } from '@torchweave/domain';
import type { IncomingMessage } from 'node:http';
import type { Cors } from './cors.js';
import type { OwnHosts } from './own-hosts.js';

/** Which requests count as this server's own where nobody is asked for a key. */
export interface SiteRule {
  readonly hosts: OwnHosts;
  readonly cors?: Cors;
  /** Whether pages of any origin may call. */
  readonly admitsAll: boolean;
  /** Whether the server speaks TLS: its own pages do so, too. */
  readonly isSecure: boolean;
}

type Refusal = TorchweaveError<'hostNotAllowed' | 'originNotAllowed'>;

/** Characters of a header that an error quotes. */
const mostQuoted = 200;

const targetAuthority = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;

/**
 * Why a request is not this server's own: it asks for another host, as after DNS rebinding, or a browser says that the page of
 * another site has it sent. Undefined for all others: other clients than browsers say nothing of the kind.
 */
export const foreignRefusal = (request: IncomingMessage, rule: SiteRule): Refusal | undefined =>
  foreignHost(request, rule) ?? foreignPage(request, rule);

/** {@link foreignRefusal} for the host alone. Browsers have asked by HTTP/1.1 or later for as long as they have told of hosts. */
export function foreignHost(
  { headers, httpVersion, url = '' }: IncomingMessage,
  { hosts }: SiteRule,
): Refusal | undefined {
  if (httpVersion === '1.0') return undefined;
  const { host } = headers;
  if (host !== undefined && !hosts.has(host)) return hostRefusal(host);
  // A target with a host in it has the last word.
  const asked = url.startsWith('/') ? undefined : targetAuthority.exec(url)?.[1];
  return asked === undefined || hosts.has(asked) ? undefined : hostRefusal(asked);
}

function foreignPage({ headers }: IncomingMessage, rule: SiteRule): Refusal | undefined {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  if (origin === undefined && site === undefined) return undefined;
  if (rule.admitsAll || rule.cors?.names(origin) === true) return undefined;
  if (origin !== undefined && !isOwnOrigin(origin, host, rule.isSecure)) return originRefusal(origin);
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  return originRefusal(origin ?? `Sec-Fetch-Site: ${String(site)}`);
}

/** Whether the origin is that of the pages which a server serves that is asked for by that host. */
export function isOwnOrigin(origin: string, host: string, isSecure: boolean): boolean {
  const match = /^(https?):\/\/[^/?#@\\]+$/i.exec(origin);
  if (match === null || (isSecure && match[1]?.toLowerCase() !== 'https') || !URL.canParse(origin)) return false;
  const own = `${match[1]}://${host}`;
  // Of the same scheme, so that a default port counts as none on both sides.
  return URL.canParse(own) && new URL(origin).host === new URL(own).host;
}

/**
 * Whether a browser says that a request comes from a page of this server: what changes something must say so, what looks must not say
 * otherwise. Another port of the same host is another site's page, too.
 */
export function comesFromOwnPage(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  isSecure: boolean,
): boolean {
  const { origin, host = '', 'sec-fetch-site': site } = headers;
  const looks = method === 'GET' || method === 'HEAD';
  if (site !== undefined && site !== 'same-origin' && !(looks && site === 'none')) return false;
  return origin === undefined ? looks || site === 'same-origin' : isOwnOrigin(origin, host, isSecure);
}

/** What a browser asks before it sends a request that a form could not send. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

const hostRefusal = (host: string): Refusal =>
  new TorchweaveError('hostNotAllowed', { host: host.slice(0, mostQuoted) });
const originRefusal = (origin: string): Refusal =>
  new TorchweaveError('originNotAllowed', { origin: origin.slice(0, mostQuoted) });
