import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Cors } from './cors.js';
import { foreignRefusal, isOwnOrigin, isPreflight, type SiteRule } from './foreign-requests.js';
import { OwnHosts } from './own-hosts.js';

const hosts = new OwnHosts({ listensOn: '127.0.0.1', isExposed: false, allowed: [] });
const corsOf = (corsAllowedOrigin: string): Cors | undefined =>
  Cors.of({ corsAllowedOrigin, corsAllowedMethods: '', corsAllowedHeaders: '' });
const own = { host: '127.0.0.1:8081' };

function refused(
  headers: Record<string, string>,
  given: Partial<SiteRule> = {},
  url = '/',
  httpVersion = '1.1',
): string | undefined {
  const request = { headers, url, httpVersion } as unknown as IncomingMessage;
  return foreignRefusal(request, { hosts, admitsAll: false, isSecure: false, ...given })?.code;
}

describe('a request to a server that asks for no keys', () => {
  it.each([
    ['of a program', own],
    ['of a program of HTTP/1.0', {}],
    ['of one of its own pages', { ...own, origin: 'http://127.0.0.1:8081', 'sec-fetch-site': 'same-origin' }],
    ['of one of its own pages in an older browser', { ...own, origin: 'http://127.0.0.1:8081' }],
    ['of an address that somebody typed', { ...own, 'sec-fetch-site': 'none' }],
    ['of its own page behind a proxy that speaks TLS', { host: 'localhost', origin: 'https://localhost' }],
    ['with a port that is the default', { host: 'localhost:80', origin: 'http://localhost' }],
  ])('is let in: %s', (_, headers) => {
    expect(refused(headers)).toBeUndefined();
  });

  it.each([
    ['another site', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site in an older browser', { origin: 'http://evil.example' }],
    ['another site without its name', { 'sec-fetch-site': 'cross-site' }],
    ['a sandbox, or a file', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }],
    ['another port, without its name', { 'sec-fetch-site': 'same-site' }],
    ['another name of this machine', { origin: 'http://localhost:8081' }],
    ['an origin with our host as its user', { origin: 'http://127.0.0.1:8081@evil.example' }],
    ['an origin that begins as ours', { origin: 'http://127.0.0.1:8081.evil.example' }],
    ['an origin with a path', { origin: 'http://127.0.0.1:8081/' }],
    ['an extension', { origin: 'chrome-extension://127.0.0.1:8081' }],
    ['no origin at all', { origin: '' }],
    ['two origins', { origin: 'http://127.0.0.1:8081, http://evil.example' }],
    ['an unknown kind of site', { origin: 'http://127.0.0.1:8081', 'sec-fetch-site': 'elsewhere' }],
    ['two kinds of site', { 'sec-fetch-site': 'same-origin, cross-site' }],
  ])('is refused from %s', (_, headers) => {
    expect(refused({ ...own, ...headers })).toBe('originNotAllowed');
  });

  it.each([
    ['after DNS rebinding', { host: 'evil.example:8081', origin: 'http://evil.example:8081' }, '/'],
    ['after DNS rebinding, as the same origin', { host: 'evil.example', 'sec-fetch-site': 'same-origin' }, '/'],
    ['that names another host in its target', own, 'http://evil.example/workflows'],
    ['that names another host in its target, with a user', own, 'http://127.0.0.1:8081@evil.example/workflows'],
    ['whose host is empty', { host: '' }, '/'],
  ])('is refused %s', (_, headers, url) => {
    expect(refused(headers, {}, url)).toBe('hostNotAllowed');
  });

  it('may name any host by HTTP/1.0, which no browser speaks, and is no page for that', () => {
    expect(refused({ host: 'x' }, {}, '/', '1.0')).toBeUndefined();
    expect(refused({ host: 'x', origin: 'http://evil.example' }, {}, '/', '1.0')).toBe('originNotAllowed');
  });

  it('may name its host in its target', () => {
    expect(refused(own, {}, 'http://127.0.0.1:8081/workflows')).toBeUndefined();
    expect(refused(own, {}, '/workflows?url=http://evil.example/a.war')).toBeUndefined();
  });

  it('is let in from an origin that is named, and from no other', () => {
    const cors = corsOf('https://app.example, http://localhost:3000/');
    const from = (origin: string): unknown =>
      refused({ ...own, origin, 'sec-fetch-site': 'cross-site' }, { cors: cors as Cors });
    expect([from('https://app.example'), from('http://localhost:3000')]).toEqual([undefined, undefined]);
    for (const origin of ['http://app.example', 'https://app.example.evil', 'https://x.app.example', 'null']) {
      expect([origin, from(origin)]).toEqual([origin, 'originNotAllowed']);
    }
    // By name alone, not by its word of the site.
    expect(refused({ ...own, 'sec-fetch-site': 'cross-site' }, { cors: cors as Cors })).toBe('originNotAllowed');
  });

  it('is let in from anywhere where all may call, but by its own host', () => {
    const rule = { cors: corsOf('*') as Cors, admitsAll: true };
    expect(refused({ ...own, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }, rule)).toBeUndefined();
    expect(refused({ host: 'evil.example', origin: 'http://evil.example' }, rule)).toBe('hostNotAllowed');
    expect(refused({ ...own, origin: 'http://evil.example' }, { ...rule, admitsAll: false })).toBe('originNotAllowed');
  });

  it('must come from a page that was sent over TLS where the server speaks it', () => {
    expect([
      isOwnOrigin('https://localhost', 'localhost', true),
      isOwnOrigin('http://localhost', 'localhost', true),
    ]).toEqual([true, false]);
  });

  it('has no more of its headers quoted than anybody reads', () => {
    const request = { headers: { host: 'x'.repeat(10_000) }, url: '/' } as unknown as IncomingMessage;
    const error = foreignRefusal(request, { hosts, admitsAll: false, isSecure: false });
    expect(error?.data).toEqual({ host: 'x'.repeat(200) });
  });
});

describe('a preflight', () => {
  it.each([
    ['OPTIONS', { origin: 'http://a', 'access-control-request-method': 'POST' }, true],
    ['OPTIONS', { 'access-control-request-method': 'POST' }, false],
    ['OPTIONS', { origin: 'http://a' }, false],
    ['POST', { origin: 'http://a', 'access-control-request-method': 'POST' }, false],
  ])('is %s with %j: %s', (method, headers, expected) => {
    expect(isPreflight({ method, headers } as unknown as IncomingMessage)).toBe(expected);
  });
});

describe('the headers of CORS', () => {
  const all = { corsAllowedOrigin: '*', corsAllowedMethods: 'GET, POST', corsAllowedHeaders: 'X-Custom-Header' };

  it('are sent as they are set, whoever asks', () => {
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'X-Custom-Header',
    };
    expect(Cors.of(all)?.headersFor(undefined)).toEqual(headers);
    expect(Cors.of(all)?.headersFor('http://a')).toEqual(headers);
    expect(corsOf('http://a')?.headersFor('http://b')).toEqual({ 'access-control-allow-origin': 'http://a' });
  });

  it('tell one of several origins its own, and others none', () => {
    const cors = corsOf('http://a, http://b');
    expect(cors?.headersFor('http://b')).toEqual({ 'access-control-allow-origin': 'http://b', vary: 'Origin' });
    expect(cors?.headersFor('http://c')).toEqual({ vary: 'Origin' });
  });

  it('are none where nothing is set', () => {
    expect(corsOf('')).toBeUndefined();
  });
});
