import { silentLogger } from '@torchweave/application';
import { inferenceRoutes, managementRoutes, type Route } from '@torchweave/platform';
import { AccessKeys, Admission, loadSettings, openAdmission, type HttpAdmissionOptions } from '@torchweave/platform';
import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { Child, freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { selfSigned } from '@torchweave/testing/tls';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedSystem } from './support/embedded.js';
import { startGuardedApi, startGuardedGateway, type GuardedServer } from './support/guarded-servers.js';
import { secureClient } from './support/secure-client.js';
import { rawRequest } from './support/raw-request.js';
import { command } from './support/torchweave.js';

interface StoredKeys {
  readonly management: { readonly key: string; readonly 'expiration time': string };
  readonly inference: { readonly key: string };
  readonly API: { readonly key: string };
}

const directory = mkdtempSync(join(tmpdir(), 'torchweave-security-'));
afterAll(() => rmSync(directory, { recursive: true }));

const readKeys = (file: string): StoredKeys => JSON.parse(readFileSync(file, 'utf8')) as StoredKeys;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
/** As a browser sends what its user has typed. */
const password = (key: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`somebody:${key}`).toString('base64')}`,
});

/** A named key of each role, one of them expired. */
const named = {
  read: 'the-key-of-read',
  register: 'the-key-of-register',
  predict: 'the-key-of-predict',
  expired: 'the-key-that-is-expired',
};
const namedKeys = [
  ...(['read', 'register', 'predict'] as const).map((role) => ({ name: role, role, expires: '2999-01-01T00:00:00Z' })),
  { name: 'expired', role: 'register', expires: '2020-01-01T00:00:00Z' },
  { name: 'expired', role: 'predict', expires: '2020-01-01T00:00:00Z' },
].map((key) => ({
  ...key,
  sha256: createHash('sha256')
    .update(named[key.name as keyof typeof named])
    .digest('hex'),
}));

/** Which keys open what, told once more than in the product: by hand. */
function openers(api: 'management' | 'inference', method: string, path: string): string[] {
  if (['OPTIONS /', 'GET /health/live', 'GET /health/ready'].includes(`${method} ${path}`)) return ['nobody asks'];
  if (['/dashboard', '/dashboard/assets/x', '/dashboard/api/session'].includes(path)) return ['nobody asks'];
  if (/^\/dashboard\/(?:workflows|requests|operations|fleet|audit)(?:\/x)?$/.test(path)) return ['nobody asks'];
  if (api === 'inference') return ['inference', 'predict'];
  if (path === '/token') return ['API'];
  return ['GET', 'OPTIONS', 'HEAD'].includes(method) ? ['management', 'read', 'register'] : ['management', 'register'];
}

describe.each(['management', 'inference'] as const)('every route of the %s API', (api) => {
  const file = join(directory, `${api}.json`);
  let server: GuardedServer;

  async function admission(): Promise<HttpAdmissionOptions> {
    AccessKeys.open({ file, expirationMin: 60, logger: silentLogger });
    writeFileSync(file, JSON.stringify({ ...readKeys(file), keys: namedKeys }), { mode: 0o600 });
    const { settings } = loadSettings({ flags: { keyFile: file }, environment: {} });
    const { admission: opened } = await openAdmission(settings, api, silentLogger);
    // Room for every request that the board keeps open.
    return { ...opened.options, admission: new Admission({ what: 'requests', limit: 1_000, keys: opened.keys }) };
  }

  beforeAll(async () => {
    const options = await admission();
    server = await (api === 'management' ? startGuardedApi(options) : startGuardedGateway(options));
  });
  afterAll(() => server.close());

  const status = async (method: string, path: string, key?: string): Promise<number> =>
    (await rawRequest(server.address, method, path, key === undefined ? {} : bearer(key))).status;

  it('is found from the framework', () => {
    const some = api === 'management' ? ['POST /workflows', 'GET /token', 'GET /openapi.json'] : ['POST /wfpredict/x'];
    const found = server.routes.map(({ method, path }) => `${method} ${path}`);
    expect(found).toEqual(expect.arrayContaining([...some, 'GET /health/live', 'OPTIONS /']));
    if (api === 'management')
      expect(found.filter((route) => route.includes('/dashboard/queues')).length).toBeGreaterThan(5);
  });

  it('serves what the registry has, and nothing else', () => {
    const registry: readonly Route[] = api === 'management' ? managementRoutes : inferenceRoutes;
    const spelt = (path: string): string => path.replace(/:[^/]+/g, 'x').replace(/\/\*$/, '/x');
    const isServed = (method: string, path: string): boolean =>
      server.routes.some((found) => found.method === method && found.path === spelt(path));
    const isListed = ({ method, path }: GuardedServer['routes'][number]): boolean =>
      registry.some(
        (route) =>
          (route.methods as readonly string[]).includes(method) &&
          (route.kind === 'page' ? `${path}/`.startsWith(route.path.slice(0, -1)) : spelt(route.path) === path),
      );
    expect(server.routes.filter((route) => !isListed(route))).toEqual([]);
    const apis = registry.filter(({ kind }) => kind !== 'page');
    const unserved = apis.flatMap(({ path, methods }) => methods.filter((method) => !isServed(method, path)));
    expect(unserved).toEqual([]);
  });

  it('answers 401 without a key, with a wrong and an expired one, 403 to one of another right, and lets the right ones in', async () => {
    const { management, inference, API } = readKeys(file);
    const keys = { ...named, management: management.key, inference: inference.key, API: API.key, wrong: 'wrong-wrong' };
    for (const { method, path } of server.routes) {
      const right = openers(api, method, path);
      const isOpen = right.includes('nobody asks');
      expect([method, path, (await status(method, path)) === 401]).toEqual([method, path, !isOpen]);
      for (const [name, key] of Object.entries(keys)) {
        // What opens it is tried below: a renewed key would not open the next route.
        if (path === '/token' && name === 'API') continue;
        const { status: answered, body } = await rawRequest(server.address, method, path, bearer(key));
        // The board has refusals of its own; an answer to HEAD has no words.
        const isRights = method === 'HEAD' ? answered === 403 : body.includes('The key is valid, but not for this');
        const refused = answered === 401 || isRights ? answered : undefined;
        const isGood = name !== 'wrong' && name !== 'expired';
        const expected = isOpen || right.includes(name) ? undefined : isGood ? 403 : 401;
        expect([method, path, name, refused]).toEqual([method, path, name, expected]);
      }
    }
  });

  it('is closed also where there is none, however it is spelt', async () => {
    const paths = [
      '/nosuch',
      '/%zz',
      '//nosuch',
      '/health/live/../../workflows',
      '/health/live/..%2f..%2fworkflows',
      '/health/live;/workflows',
      '/health/ready/x',
      '/HEALTH/LIVE',
      '/./workflows',
      '/workflows/%2e%2e',
      'http://elsewhere/workflows',
      `/${'a'.repeat(500)}`,
    ];
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        expect([method, path, await status(method, path)]).toEqual([method, path, 401]);
      }
    }
  });

  it('tells in an error neither the key nor what was wrong with it', async () => {
    const answers = await Promise.all(
      ['', 'wrong-wrong', named.expired].map((key) => rawRequest(server.address, 'GET', '/nosuch', bearer(key))),
    );
    for (const { headers, body } of answers) {
      expect(headers['www-authenticate']).toBe('Bearer');
      expect(JSON.parse(body)).toEqual({
        code: 401,
        type: 'InvalidKeyException',
        errorCode: 'unauthorized',
        message:
          'Token Authorization failed. Token either incorrect, expired, or not provided correctly (Authorization: Bearer KEY).',
      });
    }
  });

  if (api === 'inference') return;

  describe('on the queue board', () => {
    const board = '/dashboard/queues';
    const ask = (
      method: string,
      path: string,
      headers: Record<string, string> = {},
    ): Promise<{ status: number; headers: Record<string, unknown> }> =>
      rawRequest(server.address, method, path, headers);

    it('has a browser ask for a key, and takes it as the password', async () => {
      const { status: refused, headers } = await ask('GET', board);
      expect([refused, headers['www-authenticate']]).toEqual([401, 'Basic realm="Torchweave", charset="UTF-8"']);
      expect((await ask('GET', board, password(named.read))).status).toBe(200);
      expect((await ask('GET', board, password(readKeys(file).management.key))).status).toBe(200);
      expect((await ask('GET', board, password(named.predict))).status).toBe(403);
      for (const key of [named.expired, 'wrong-wrong', '']) {
        expect((await ask('GET', board, password(key))).status).toBe(401);
      }
      for (const authorization of ['Basic', 'Basic ?', `Basic ${Buffer.from(named.read).toString('base64')}`]) {
        expect((await ask('GET', board, { authorization })).status).toBe(401);
      }
    });

    it('lets nobody act who may only look', async () => {
      const pause = `${board}/api/queues/operations/pause`;
      expect((await ask('PUT', pause, password(named.read))).status).toBe(403);
      expect((await ask('PUT', pause, password(named.register))).status).toBe(200);
    });

    it("does nothing that another site's page has a browser ask for", async () => {
      const pause = `${board}/api/queues/operations/pause`;
      const known = password(named.register);
      const { host } = new URL(server.address);
      for (const foreign of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'http://elsewhere' }, { origin: 'null' }]) {
        expect((await ask('PUT', pause, { ...known, host, ...foreign })).status).toBe(401);
      }
      for (const own of [{ 'sec-fetch-site': 'same-origin' }, { origin: `http://${host}` }]) {
        expect((await ask('PUT', pause, { ...known, host, ...own })).status).not.toBe(401);
      }
    });

    it('is the only place where a key is a password', async () => {
      for (const path of ['/workflows', '/openapi.json', '/dashboard/queuesx']) {
        expect([path, (await ask('GET', path, password(named.read))).status]).toEqual([path, 401]);
      }
      // The page is for everybody, whatever they send: there is nothing in it.
      for (const path of ['/dashboard', '/dashboard/workflows/queues']) {
        const withKey = await rawRequest(server.address, 'GET', path, password('wrong-wrong'));
        const { status: open, body } = await rawRequest(server.address, 'GET', path);
        expect([path, open, withKey.status, withKey.body]).toEqual([path, 200, 200, body]);
      }
    });
  });

  it('renews a key for the API key, and the old one opens nothing then', async () => {
    const before = readKeys(file);
    const answer = await rawRequest(server.address, 'GET', '/token?type=management', bearer(before.API.key));
    expect(JSON.parse(answer.body)).toEqual(readKeys(file).management);
    expect(answer.headers['cache-control']).toContain('no-store');
    expect(await status('GET', '/workflows', before.management.key)).toBe(401);
    expect(await status('GET', '/workflows', readKeys(file).management.key)).toBe(200);
    expect(await status('GET', '/token', before.API.key)).toBe(400);
    expect(await status('GET', '/token?type=API', before.API.key)).toBe(400);
    expect(readKeys(file).inference).toEqual(before.inference);
  });
});

describe('an app that would serve others than this machine', () => {
  const start = async (app: string, ...args: string[]): Promise<{ code: number | null; output: string }> => {
    const data = [
      '--data-dir',
      join(directory, 'data'),
      '--metrics-port',
      'none',
      '--redis-url',
      'redis://127.0.0.1:1',
    ];
    const child = Child.start(process.execPath, [command, app, ...data, ...args]);
    return { code: await child.waitForEnd(), output: child.output };
  };
  const config = (text: string): string[] => {
    const file = join(directory, 'config.properties');
    writeFileSync(file, text);
    return ['--ts-config', file];
  };
  const server = ['--model-server', 'torchserve=http://127.0.0.1:1,http://127.0.0.1:1'];

  it.each([
    ['api', 'management_address=http://0.0.0.0:0\n', []],
    ['gateway', 'inference_address=http://[::]:0\n', server],
  ])('refuses to start as %s without keys, and says what to do', async (app, text, args) => {
    const { code, output } = await start(app, ...config(text), ...args);
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^torchweave: Setting \w+_address must be .*--key-file FILE.*--disable-token-auth.*"\.$/m),
    ]);
    expect(output).not.toMatch(/\n\s+at /);
  });

  it.each([['--disable-token-auth'], ['--key-file', join(directory, 'exposed.json')]])(
    'goes on with %s',
    async (...flags) => {
      const { output } = await start('api', ...config('management_address=http://0.0.0.0:0\n'), ...flags);
      // As far as its Redis, which is not there.
      expect(output).toMatch(/^torchweave: Redis at redis:\/\/127\.0\.0\.1:1 cannot be used: nothing listens there\./m);
    },
  );
});

const headersSpec = specText({ models: {}, dag: { tell: [] } });
const headersHandler = `
import json

def tell(data, context):
    if data is None:
        return None
    headers = context.get_all_request_header(0) if hasattr(context, "get_all_request_header") else {}
    told = {name.lower(): value for name, value in headers.items()}
    return [json.dumps({"authorization": told.get("authorization"), "mine": told.get("x-mine")})]
`;

describe('torchweave start with keys and TLS', () => {
  it('is used over https with the keys of its file, and no key is in its log or reaches a function', async () => {
    const system = await EmbeddedSystem.prepare();
    const keyFile = join(system.directory, 'key_file.json');
    const pair = await selfSigned(system.directory);
    const [managementPort, inferencePort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    writeFileSync(
      join(system.directory, 'config.properties'),
      [
        `management_address=https://127.0.0.1:${managementPort}`,
        `inference_address=https://127.0.0.1:${inferencePort}`,
        `metrics_address=https://127.0.0.1:${metricsPort}`,
        `certificate_file=${pair.certificate}`,
        `private_key_file=${pair.key}`,
        `key_file=${keyFile}`,
      ].join('\n'),
    );
    writeFileSync(
      join(system.workflowStore, 'headers.war'),
      await zipOf(workflowFiles({ name: 'headers', spec: headersSpec, handler: headersHandler })),
    );
    await system.launch({
      'management-port': String(managementPort),
      'inference-port': String(inferencePort),
      'metrics-port': String(metricsPort),
      'log-level': 'debug',
    });
    try {
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);
      const keys = readKeys(keyFile);
      const ask = secureClient(pair.certificate);
      const management = `https://127.0.0.1:${managementPort}`;
      const registered = await ask('POST', `${management}/workflows?url=headers.war`, keys.management.key);
      expect(registered).toMatchObject({ status: 200 });
      const predict = `https://127.0.0.1:${inferencePort}/wfpredict/headers`;
      expect((await ask('POST', predict)).status).toBe(401);
      expect((await ask('POST', predict, keys.management.key)).status).toBe(403);
      const predicted = await ask('POST', predict, keys.inference.key, { 'x-mine': 'seen' });
      expect(JSON.parse(predicted.body)).toEqual({ authorization: null, mine: 'seen' });
      const metrics = `https://127.0.0.1:${metricsPort}`;
      expect((await ask('GET', `${metrics}/metrics`)).status).toBe(401);
      for (const health of ['live', 'ready']) {
        for (const address of [management, `https://127.0.0.1:${inferencePort}`, metrics]) {
          expect((await ask('GET', `${address}/health/${health}`)).status).toBe(200);
        }
      }
      expect((await ask('GET', `${metrics}/metrics`, keys.inference.key)).body).toContain('torchweave_build_info');
      const renewed = await ask('GET', `${management}/token?type=inference`, keys.API.key);
      const { key } = JSON.parse(renewed.body) as { key: string };
      // Every server of the process reads it from the file.
      await expect.poll(() => ask('POST', predict, key).then(({ status }) => status)).toBe(200);
      expect((await ask('POST', predict, keys.inference.key)).status).toBe(401);
      const all = [keys.management.key, keys.inference.key, keys.API.key, key];
      for (const one of all) expect(system.child.output).not.toContain(one);
    } finally {
      await system.dispose();
    }
  });

  it('keeps both of two renewals at once, by two processes', async () => {
    const redis = await TestRedis.start();
    const keyFile = join(directory, 'renewed.json');
    const args = ['--redis-url', redis.url, '--key-file', keyFile, '--management-port', '0', '--metrics-port', 'none'];
    const apps = [1, 2].map(() => Child.start(process.execPath, [command, 'api', ...args]));
    try {
      const [one = '', other = ''] = await Promise.all(
        apps.map(async (app) => (await app.waitForOutput(/^api ready (\S+)$/m))[1] ?? ''),
      );
      const { API } = readKeys(keyFile);
      const renew = async (address: string, type: string): Promise<unknown> =>
        (await fetch(`${address}/token?type=${type}`, { headers: bearer(API.key) })).json();
      for (let rounds = 0; rounds < 20; rounds += 1) {
        const [management, inference] = await Promise.all([renew(one, 'management'), renew(other, 'inference')]);
        expect(readKeys(keyFile)).toMatchObject({ management, inference });
      }
    } finally {
      await Promise.all(apps.map((app) => app.end()));
      await redis.dispose();
    }
  });

  it('writes one key file from two processes that start at once', async () => {
    const redis = await TestRedis.start();
    const keyFile = join(directory, 'shared.json');
    const args = ['--redis-url', redis.url, '--key-file', keyFile, '--management-port', '0', '--metrics-port', 'none'];
    const apps = [1, 2].map(() => Child.start(process.execPath, [command, 'api', ...args]));
    try {
      const addresses = await Promise.all(
        apps.map(async (app) => (await app.waitForOutput(/^api ready (\S+)$/m))[1] ?? ''),
      );
      const { key } = readKeys(keyFile).management;
      for (const address of addresses) {
        expect((await fetch(`${address}/workflows`, { headers: bearer(key) })).status).toBe(200);
      }
    } finally {
      await Promise.all(apps.map((app) => app.end()));
      await redis.dispose();
    }
  });
});
