import { BlockList, isIP } from 'node:net';

/** IPv4 ranges that are not the public internet. */
const closedV4 = [
  '0.0.0.0/8', // this network, unspecified
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; some clouds' metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's platform address
  '169.254.0.0/16', // link-local; metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; Oracle's metadata
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
];

/**
 * IPv6 ranges inside the global 2000::/3 that are not the public internet. All outside of it is closed: loopback,
 * unique local, link-local, multicast, and the prefixes that wrap an IPv4 address, but for the two below.
 */
const closedV6 = [
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
];

/** Prefixes whose last 32 bits are the IPv4 address that is reached: mapped, and NAT64. */
const wrapsV4 = ['::ffff:0:0/96', '64:ff9b::/96'];

function rangesOf(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const ranges = new BlockList();
  for (const subnet of subnets) {
    const [net = '', bits] = subnet.split('/');
    ranges.addSubnet(net, Number(bits), family);
  }
  return ranges;
}

const closed4 = rangesOf(closedV4, 'ipv4');
const closed6 = rangesOf(closedV6, 'ipv6');
const global6 = rangesOf(['2000::/3'], 'ipv6');
const wrapped4 = rangesOf(wrapsV4, 'ipv6');

/** The last 32 bits of an IPv6 address, dotted. */
function lastV4(address: string): string {
  // The URL parser spells every address with groups, never dotted; an omitted group is zero.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** True for an address of the public internet; false for any other, and for what is no address. */
export function isPublicAddress(address: string): boolean {
  const [plain = ''] = address.split('%');
  if (isIP(plain) === 4) return !closed4.check(plain, 'ipv4');
  if (isIP(plain) !== 6) return false;
  if (wrapped4.check(plain, 'ipv6')) return !closed4.check(lastV4(plain), 'ipv4');
  return global6.check(plain, 'ipv6') && !closed6.check(plain, 'ipv6');
}
