import { TorchweaveError } from '@torchweave/domain';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { ListenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings/settings.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const rule =
  'an address of this machine alone (127.0.0.1, ::1 or localhost), or come with keys (--key-file FILE, created where it is ' +
  'missing) or with --disable-token-auth, which lets in whoever reaches it';

/** Whether only this machine reaches a server that listens there; a name must be known and lead nowhere else. */
export async function isLoopback(host: string): Promise<boolean> {
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  const addresses = found.map(({ address }) => address);
  return (
    addresses.length > 0 && addresses.every((address) => loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
  );
}

/** Where others reach a server that listens on `host`: in a container, where its engine publishes the port. */
export const reachedAt = ({ publishedOn }: Pick<Settings, 'publishedOn'>, host: string): string => publishedOn ?? host;

/**
 * Refuses to serve others than this machine without keys, unless the operator says so.
 *
 * @param setting of the address, for the sentence.
 * @throws TorchweaveError `configurationInvalid`.
 */
export async function assertExposure(
  settings: Pick<Settings, 'keyFile' | 'disableTokenAuth' | 'publishedOn'>,
  setting: string,
  { host }: ListenAddress,
): Promise<void> {
  const { keyFile, disableTokenAuth, publishedOn } = settings;
  if (keyFile !== undefined && disableTokenAuth) {
    const contradiction = {
      setting: '--disable-token-auth',
      value: 'true',
      rule: 'left out where --key-file is given',
    };
    throw new TorchweaveError('configurationInvalid', contradiction);
  }
  const value = reachedAt(settings, host);
  if (keyFile !== undefined || disableTokenAuth || (await isLoopback(value))) return;
  throw new TorchweaveError('configurationInvalid', {
    ...{ setting: publishedOn === undefined ? setting : 'published_on', value },
    rule,
  });
}
