import { startApi } from '@torchweave/api';
import { silentLogger, type Logger } from '@torchweave/application';
import type { Session } from '@torchweave/dashboard-contract';
import { loadSettings, Monitoring, type RunningApp } from '@torchweave/platform';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection } from '@torchweave/redis-workflow-state';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import { TestRedis } from '@torchweave/testing/redis';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const names = { look: 'the-key-that-looks', act: 'the-key-that-acts' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const keys = [
  { name: 'look', role: 'read', sha256: sha256(names.look) },
  { name: 'act', role: 'register', sha256: sha256(names.act) },
];

const directory = mkdtempSync(join(tmpdir(), 'torchweave-page-'));
const keyFile = join(directory, 'keys.json');
const lines: object[] = [];
const note = (data: object, message: string): void => void lines.push({ ...data, message });
const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
const started: RunningApp[] = [];
let redis: TestRedis;

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(async () => {
  await Promise.all(started.map((api) => api.close()));
  await redis.dispose();
  rmSync(directory, { recursive: true });
});

/** The api as it is started, on the Redis of all. */
async function start(flags: object = {}, environment: Record<string, string> = {}): Promise<string> {
  const { settings } = loadSettings({ flags: { managementPort: 0, ...flags }, environment });
  const options = { redis: new RedisLink(redis.url, silentLogger), logger, settings };
  const api = await startApi({ ...options, monitoring: new Monitoring('api', silentLogger) }, emptyPorts.archives);
  started.push(api);
  return api.address ?? '';
}

async function startWithKeys(environment: Record<string, string> = {}): Promise<string> {
  writeFileSync(keyFile, JSON.stringify({ keys }), { mode: 0o600 });
  return start({ keyFile }, environment);
}

const sessionUrl = (address: string): string => `${address}/dashboard/api/session`;
/** As the page's own script asks, in a browser that keeps its cookie. */
const fromPage = (address: string, cookie?: string): Record<string, string> => ({
  origin: address,
  'sec-fetch-site': 'same-origin',
  ...(cookie === undefined ? {} : { cookie }),
});

interface SignIn {
  readonly status: number;
  readonly headers: Headers;
  readonly cookie: string;
  readonly body: Session & { readonly errorCode?: string };
}

async function signIn(address: string, key: string, headers = fromPage(address)): Promise<SignIn> {
  const answer = await fetch(sessionUrl(address), {
    ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ key }) },
  });
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  return { status: answer.status, headers: answer.headers, cookie, body: (await answer.json()) as SignIn['body'] };
}

const sessionOf = async (address: string, headers: Record<string, string>): Promise<Session> =>
  (await (await fetch(sessionUrl(address), { headers })).json()) as Session;

describe('the operator’s page', () => {
  let address: string;
  beforeAll(async () => {
    address = await start();
  });

  it('is where a browser is led that opens the server, and whoever else asks there is answered as before', async () => {
    const browser = await fetch(`${address}/?a=b`, { headers: { accept: 'text/html,*/*;q=0.8' }, redirect: 'manual' });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/dashboard/']);
    const program = await fetch(`${address}/`);
    expect([program.status, program.headers.get('allow')]).toEqual([405, 'OPTIONS']);
  });

  it('is served under every path of its own, never kept, and may load from its server alone', async () => {
    const first = await fetch(`${address}/dashboard/`);
    const html = await first.text();
    expect(html).toContain('<div id="root">');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(first.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(first.headers.get('content-security-policy')).not.toContain('unsafe');
    for (const path of [
      '/dashboard',
      '/dashboard/workflows/digits',
      '/dashboard/workflows/a%2fb/c',
      '/dashboard/audit?kind=refused',
    ])
      expect([path, await (await fetch(address + path)).text()]).toEqual([path, html]);
    expect((await fetch(`${address}/dashboard/`, { method: 'HEAD' })).status).toBe(200);
    for (const path of ['queuesx', 'queues.', 'queues%2e', 'queues;jsessionid=1', 'a%2fb/c', 'workflowsx', 'index.htm'])
      expect([path, (await fetch(`${address}/dashboard/${path}`)).status]).toEqual([path, 404]);
  });

  it('has files whose names change with them, which browsers keep', async () => {
    const html = await (await fetch(`${address}/dashboard/`)).text();
    const files = [...html.matchAll(/(?:src|href)="(\/dashboard\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const answer = await fetch(address + file);
      expect([file, answer.status, answer.headers.get('cache-control')]).toEqual([
        ...[file, 200, 'public, max-age=31536000, immutable'],
      ]);
      expect(answer.headers.has('pragma') || answer.headers.has('expires')).toBe(false);
      const plain = await fetch(address + file, { headers: { 'accept-encoding': 'identity' } });
      const bodies = [await plain.arrayBuffer(), await answer.arrayBuffer()].map((body) => Buffer.from(body));
      expect(bodies[0]?.equals(bodies[1] ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it.each([
    '/dashboard/assets/nosuch.js',
    '/dashboard/assets/..%2f..%2fpackage.json',
    '/dashboard/api/nosuch',
    '/dashboard/api',
  ])('has nothing at %s', async (path) => {
    const answer = await fetch(address + path);
    expect([answer.status, ((await answer.json()) as { errorCode: string }).errorCode]).toEqual([
      ...[404, 'resourceNotFound'],
    ]);
  });

  it('reads no file that a path leads to from its folder', async () => {
    for (const path of [
      '/dashboard/..%2fpackage.json',
      '/dashboard/../package.json',
      '/dashboard/%2e%2e/%2e%2e/package.json',
      '/dashboard/....//package.json',
      '/dashboard/.stamp',
      '/dashboard/%00',
      '/dashboard//etc/passwd',
      '/dashboard/..%5c..%5cpackage.json',
    ]) {
      const body = await raw(address, path);
      expect([path, /"name"|root:|^[\da-f]{64}$/.test(body)]).toEqual([path, false]);
    }
  });

  it('tells that nobody is asked for a key where there are none', async () => {
    expect(await sessionOf(address, {})).toEqual({
      ...{ signInNeeded: false, signedIn: false, readOnly: false, version: expect.any(String) as string },
    });
  });
});

describe('a session of the page', () => {
  let address: string;
  beforeAll(async () => {
    address = await startWithKeys();
  });

  it('begins with a key, of which no script, no store and no log has anything, and ends', async () => {
    const { status, headers, cookie, body } = await signIn(address, names.act);
    expect([status, body]).toEqual([
      200,
      {
        ...{ signInNeeded: true, signedIn: true, permission: 'register', keyName: 'act', readOnly: false },
        version: body.version,
      },
    ]);
    expect(headers.get('set-cookie')).toMatch(
      /^torchweave-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(await sessionOf(address, fromPage(address, cookie))).toEqual(body);
    expect(await sessionOf(address, {})).toMatchObject({ signInNeeded: true, signedIn: false });
    const token = cookie.slice('torchweave-session='.length);
    const stored = JSON.stringify(await storedSessions());
    for (const secret of [names.act, sha256(names.act), token]) {
      expect(stored).not.toContain(secret);
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
    const ended = await fetch(sessionUrl(address), { method: 'DELETE', headers: fromPage(address, cookie) });
    expect([ended.status, ended.headers.get('set-cookie')]).toEqual([200, expect.stringContaining('Max-Age=0')]);
    expect(await sessionOf(address, fromPage(address, cookie))).toMatchObject({ signedIn: false });
    expect((await fetch(`${address}/workflows`, { headers: fromPage(address, cookie) })).status).toBe(401);
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ audit: 'change', key: 'act', method: 'POST', path: '/dashboard/api/session', status: 200 },
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ audit: 'change', key: 'act', method: 'DELETE' }));
  });

  it('is marked for TLS alone where the browser came by it', async () => {
    const secure = address.replace('http:', 'https:');
    const { headers } = await signIn(address, names.act, { origin: secure, 'sec-fetch-site': 'same-origin' });
    expect(headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  it('does what its key may, at every api of the installation', async () => {
    const other = await startWithKeys();
    const look = (await signIn(address, names.look)).cookie;
    const act = (await signIn(address, names.act)).cookie;
    const ask = async (method: string, path: string, cookie: string): Promise<number> =>
      (await fetch(other + path, { method, headers: fromPage(other, cookie) })).status;
    expect(await ask('GET', '/workflows', look)).toBe(200);
    expect(await ask('GET', '/dashboard/queues', look)).toBe(200);
    expect(await ask('DELETE', '/workflows/nosuch', look)).toBe(403);
    expect(await ask('DELETE', '/workflows/nosuch', act)).toBe(404);
  });

  it("does nothing that another site's page, or no page, has a browser ask for", async () => {
    const { cookie } = await signIn(address, names.act);
    const foreign = [
      { origin: 'http://elsewhere', 'sec-fetch-site': 'cross-site' },
      { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
      { 'sec-fetch-site': 'none' },
      {},
    ];
    for (const headers of foreign) {
      const act = await fetch(`${address}/workflows/nosuch`, { method: 'DELETE', headers: { ...headers, cookie } });
      expect([headers, act.status]).toEqual([headers, 401]);
      const entry = await signIn(address, names.act, headers as Record<string, string>);
      expect([headers, entry.status, entry.body.errorCode, entry.cookie]).toEqual([headers, 403, 'foreignSignIn', '']);
      const exit = await fetch(sessionUrl(address), { method: 'DELETE', headers: { ...headers, cookie } });
      expect([headers, exit.status]).toEqual([headers, 403]);
    }
    expect(await sessionOf(address, fromPage(address, cookie))).toMatchObject({ signedIn: true });
  });

  it('ends with its key', async () => {
    const { cookie } = await signIn(address, names.look);
    writeFileSync(keyFile, JSON.stringify({ keys: keys.filter(({ name }) => name !== 'look') }), { mode: 0o600 });
    await expect.poll(() => sessionOf(address, fromPage(address, cookie))).toMatchObject({ signedIn: false });
    expect((await fetch(`${address}/workflows`, { headers: fromPage(address, cookie) })).status).toBe(401);
  });

  it.each([
    ['no key', {}],
    ['an empty one', { key: '' }],
    ['what is no text', { key: { length: 1 } }],
  ])('does not begin with %s', async (_, body) => {
    const answer = await fetch(sessionUrl(address), {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { ...fromPage(address), 'content-type': 'application/json' },
    });
    expect([answer.status, ((await answer.json()) as { errorCode: string }).errorCode]).toEqual([
      ...[400, 'parameterMissing'],
    ]);
  });

  it('takes no key from an address, and none that is longer than one is', async () => {
    const inAddress = await fetch(`${sessionUrl(address)}?key=${names.act}`, {
      ...{ method: 'POST', headers: fromPage(address) },
    });
    expect(inAddress.status).toBe(400);
    expect(await signIn(address, 'k'.repeat(5_000))).toMatchObject({
      ...{ status: 413, body: { errorCode: 'bodyTooLarge' } },
    });
  });

  it('does not begin with a wrong key, and after too many of them not with a right one', async () => {
    const limited = await startWithKeys();
    for (let tries = 0; tries < 10; tries += 1)
      expect((await signIn(limited, `wrong-${tries}`)).body.errorCode).toBe('unauthorized');
    const refused = await signIn(limited, names.act);
    expect([refused.status, refused.body.errorCode, refused.cookie]).toEqual([429, 'signInsLimited', '']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(lines).toContainEqual(expect.objectContaining({ audit: 'refused', code: 'signInsLimited' }));
  });

  it('looks alone where the page is read-only, and its key acts beside it', async () => {
    const readOnly = await startWithKeys({ TORCHWEAVE_DASHBOARD_READ_ONLY: 'true' });
    const { cookie, body } = await signIn(readOnly, names.act);
    expect(body).toMatchObject({ permission: 'read', readOnly: true });
    const ask = async (method: string, path: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(readOnly + path, { method, headers })).status;
    expect(await ask('GET', '/workflows', fromPage(readOnly, cookie))).toBe(200);
    expect(await ask('DELETE', '/workflows/nosuch', fromPage(readOnly, cookie))).toBe(403);
    const pause = '/dashboard/queues/api/queues/operations/pause';
    expect(await ask('PUT', pause, fromPage(readOnly, cookie))).toBe(403);
    const withKey = { authorization: `Bearer ${names.act}` };
    expect(await ask('DELETE', '/workflows/nosuch', withKey)).toBe(404);
    expect(await ask('PUT', pause, withKey)).toBe(405);
  });
});

/** All that Redis has of sessions, their ids and what is stored of each. */
async function storedSessions(): Promise<unknown> {
  const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
  await connection.open();
  try {
    const found = await connection.run((client) => client.hgetall('{torchweave}:sessions'));
    expect(Object.keys(found).length).toBeGreaterThan(0);
    return found;
  } finally {
    connection.close();
  }
}

/** The body of an answer to a path as it stands. */
function raw(address: string, path: string): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(body)).on('error', reject);
    });
    sent.on('error', reject).end();
  });
}

describe('what lies below the page and is none of it', () => {
  it.each([
    ...['/dashboard/queues/api/redis/stats%00', '/dashboard/queues/api/redis/stats.', '/dashboard/queues/none/of/it'],
    ...['/dashboard/api/none', '/dashboard/api/overview/x', '/dashboard/api/overview%20'],
  ])('is closed without a key, and not the page with one: %s', async (path) => {
    const address = await startWithKeys();
    for (const method of ['GET', 'HEAD']) {
      const ask = (headers: Record<string, string>): Promise<Response> => fetch(address + path, { method, headers });
      expect((await ask({})).status).toBe(401);
      expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
      expect((await ask({ authorization: `Bearer ${names.look}` })).status).toBe(404);
    }
  });
});
