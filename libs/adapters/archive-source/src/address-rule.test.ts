import { describe, expect, it } from 'vitest';
import { isPublicAddress } from './address-rule.js';

describe('isPublicAddress', () => {
  it.each([
    ['an address of the internet', '8.8.8.8'],
    ['the last before a private range', '9.255.255.255'],
    ['the first after a private range', '172.32.0.0'],
    ['the first after carrier-grade NAT', '100.128.0.0'],
    ['an IPv6 address of the internet', '2606:4700:4700::1111'],
    ['IPv6 of a regional registry next to the special ones', '2001:200::1'],
    ['a public IPv4 address mapped to IPv6', '::ffff:8.8.8.8'],
    ['a public IPv4 address behind NAT64', '64:ff9b::808:808'],
  ])('takes %s for public: %s %s', (_what, address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ["a cloud's metadata in carrier-grade NAT", '100.100.100.200'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local', '169.254.1.1'],
    ["a cloud's metadata", '169.254.169.254'],
    ["Azure's platform", '168.63.129.16'],
    ["Oracle's metadata", '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relay', '192.88.99.1'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback in full', '0:0:0:0:0:0:0:1'],
    ['IPv4-compatible', '::10.0.0.1'],
    ['IPv4-compatible', '::8.8.8.8'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback in hex', '::ffff:7f00:1'],
    ['mapped loopback in full', '0:0:0:0:0:ffff:7f00:0001'],
    ['mapped metadata', '::ffff:169.254.169.254'],
    ['mapped unspecified', '::ffff:0:0'],
    ['translated', '::ffff:0:7f00:1'],
    ['NAT64 of a private address', '64:ff9b::10.0.0.1'],
    ['NAT64 of a private address whose last group is zero', '64:ff9b::a00:0'],
    ['NAT64 of the unspecified address', '64:ff9b::'],
    ['local NAT64', '64:ff9b:1::808:808'],
    ['discard', '100::1'],
    ['Teredo', '2001:0:808:808::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['6to4', '2002:a00:1::1'],
    ['unique local', 'fd00::1'],
    ["a cloud's metadata", 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with its zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['no address at all', 'localhost'],
    ['nothing', ''],
  ])('takes %s for closed: %s', (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
