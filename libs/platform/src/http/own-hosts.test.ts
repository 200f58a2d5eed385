import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { OwnHosts } from './own-hosts.js';

const onLoopback = new OwnHosts({ listensOn: '127.0.0.1', isExposed: false, allowed: [] });
const exposed = new OwnHosts({ listensOn: '0.0.0.0', isExposed: true, allowed: [] });

describe('the names of a server', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST:1',
    'localhost.',
    'localhost.:8080',
    'localhost:',
    '127.0.0.1',
    '127.0.0.1:8080',
    '127.255.0.3',
    '0.0.0.0:8080',
    '[::1]',
    '[::1]:8080',
    '[::]:8080',
    '[0:0:0:0:0:0:0:1]:8080',
    '[::ffff:127.0.0.1]',
  ])('are on loopback and beyond, among others: %s', (host) => {
    expect([onLoopback.has(host), exposed.has(host)]).toEqual([true, true]);
  });

  it.each([
    '',
    ':8080',
    '.',
    'evil.example',
    'evil.example:8080',
    'evil',
    'localhost.evil.example',
    'evil.localhost.example',
    'xlocalhost',
    '127.0.0.1.evil.example',
    '127.0.0.1.',
    '127.0.0.1@evil.example',
    'evil.example@127.0.0.1',
    '127.0.0.1, evil.example',
    '127.0.0.1 evil.example',
    '127.0.0.1/evil.example',
    '127.0.0.1#evil.example',
    '127.0.0.1\\evil.example',
    '127.0.0.1:80:80',
    '127.0.0.1:port',
    '127.0.0.1:999999',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '::1',
    '[127.0.0.1]',
    '[::1',
    '[evil.example]',
    'lоcalhost',
  ])('are not, neither on loopback nor beyond: %j', (host) => {
    // A trailing dot is one name's own spelling, not an address's; an address is taken without it.
    const isAddress = host === '127.0.0.1.';
    expect([onLoopback.has(host), exposed.has(host)]).toEqual([isAddress, isAddress]);
  });

  it.each(['10.1.2.3', '192.168.1.5:8080', '[fe80::1]:8080', '[2001:db8::1]', hostname()])(
    'are beyond loopback alone: %s',
    (host) => {
      expect([onLoopback.has(host), exposed.has(host)]).toEqual([false, true]);
    },
  );

  it('are those of the settings, too', () => {
    const allowed = ['gateway', 'Weave.Example:8080', '*.lan', '.corp.example'];
    const hosts = new OwnHosts({ listensOn: 'gpu01.example', isExposed: false, allowed });
    for (const host of ['gpu01.example:1', 'gateway:8080', 'weave.example', 'a.lan', 'a.b.lan.', 'x.corp.example']) {
      expect([host, hosts.has(host)]).toEqual([host, true]);
    }
    for (const host of ['gateway2', 'weave.example.evil', 'lan', 'evillan', 'corp.example', 'xcorp.example']) {
      expect([host, hosts.has(host)]).toEqual([host, false]);
    }
  });

  it('are any with a star', () => {
    const any = new OwnHosts({ listensOn: '127.0.0.1', isExposed: false, allowed: ['*'] });
    expect([any.has('evil.example:80'), any.has('')]).toEqual([true, false]);
  });

  it('do not stay what they were asked for before', () => {
    expect([onLoopback.has('localhost'), onLoopback.has('evil'), onLoopback.has('evil')]).toEqual([true, false, false]);
  });
});
