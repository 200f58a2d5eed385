import { BlockList, isIP, isIPv6 } from 'node:net';

/** Ranges that no public archive lives in: private, loopback, link-local, shared, reserved, multicast. */
const v4Ranges: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const v6Ranges: readonly (readonly [string, number])[] = [
  ['::', 128],
  ['::1', 128],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];
/** Prefixes behind which an IPv4 address hides: mapped, compatible, NAT64, 6to4. */
const carriesV4: readonly { readonly prefix: string; readonly bits: number; readonly at: number }[] = [
  { prefix: '::ffff:0:0', bits: 96, at: 6 },
  { prefix: '::', bits: 96, at: 6 },
  { prefix: '64:ff9b::', bits: 96, at: 6 },
  { prefix: '64:ff9b:1::', bits: 48, at: 6 },
  { prefix: '2002::', bits: 16, at: 1 },
];

const v4 = new BlockList();
for (const [net, bits] of v4Ranges) v4.addSubnet(net, bits, 'ipv4');
const v6 = new BlockList();
for (const [net, bits] of v6Ranges) v6.addSubnet(net, bits, 'ipv6');

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const plain = address.split('%')[0] ?? '';
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const [a = 0, b = 0, c = 0, d = 0] = dotted?.slice(1).map(Number) ?? [];
  const text = dotted === null ? plain : plain.replace(dotted[0], `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return parse(head);
  const [front, back] = [parse(head), parse(tail)];
  return [...front, ...new Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
}

function hiddenV4(address: string): string | undefined {
  const groups = groupsOf(address);
  for (const { prefix, bits, at } of carriesV4) {
    const net = new BlockList();
    net.addSubnet(prefix, bits, 'ipv6');
    if (!net.check(address.split('%')[0] ?? '', 'ipv6')) continue;
    const [high = 0, low = 0] = [groups[at], groups[at + 1]];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return undefined;
}

/** True for an address on the public internet; false for anything else, also for what is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (!isIPv6(address)) return !v4.check(address, 'ipv4');
  const hidden = hiddenV4(address);
  if (hidden !== undefined) return !v4.check(hidden, 'ipv4');
  return !v6.check(address.split('%')[0] ?? '', 'ipv6');
}
