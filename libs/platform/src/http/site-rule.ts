import { isLoopback } from '../auth/assert-exposure.js';
import type { ListenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings/settings.js';
import type { Cors } from './cors.js';
import type { SiteRule } from './foreign-requests.js';
import { OwnHosts } from './own-hosts.js';
import type { TlsCertificate } from './tls.js';

export interface Site {
  readonly cors: Cors | undefined;
  readonly tls: TlsCertificate | undefined;
  /** Whether pages of any origin may call. */
  readonly admitsAll: boolean;
}

/** What is let in at an address where nobody is asked for a key. */
export async function siteRule(
  { allowedHosts: allowed }: Pick<Settings, 'allowedHosts'>,
  { host: listensOn }: ListenAddress,
  { cors, tls, admitsAll }: Site,
): Promise<SiteRule> {
  const isExposed = !(await isLoopback(listensOn));
  const hosts = new OwnHosts({ listensOn, isExposed, allowed });
  return { hosts, admitsAll, isSecure: tls !== undefined, ...(cors === undefined ? {} : { cors }) };
}
