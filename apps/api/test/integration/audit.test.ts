import { startApi } from '@torchweave/api';
import { silentLogger } from '@torchweave/application';
import { loadSettings, Monitoring, type RunningApp } from '@torchweave/platform';
import { RedisLink } from '@torchweave/redis-client';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import { TestRedis } from '@torchweave/testing/redis';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const names = { look: 'the-key-that-looks', act: 'the-key-that-acts' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const keys = [
  { name: 'look', role: 'read', sha256: sha256(names.look) },
  { name: 'act', role: 'register', sha256: sha256(names.act) },
];

interface Entry {
  readonly path: string;
}

/** The api as it is started with keys, on a Redis of its own. */
describe('the audit', () => {
  const directory = mkdtempSync(join(tmpdir(), 'torchweave-audit-'));
  let redis: TestRedis;
  let api: RunningApp;

  beforeAll(async () => {
    redis = await TestRedis.start();
    const keyFile = join(directory, 'keys.json');
    writeFileSync(keyFile, JSON.stringify({ keys }), { mode: 0o600 });
    const { settings } = loadSettings({ flags: { managementPort: 0, keyFile }, environment: {} });
    const options = { redis: new RedisLink(redis.url, silentLogger), logger: silentLogger, settings };
    api = await startApi({ ...options, monitoring: new Monitoring('api', silentLogger) }, emptyPorts.archives);
  });
  afterAll(async () => {
    await api.close();
    await redis.dispose();
    rmSync(directory, { recursive: true });
  });

  const send = (method: string, path: string, key?: string): Promise<Response> =>
    fetch(`${api.address ?? ''}${path}`, {
      method,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    });
  const entries = async (query = ''): Promise<readonly Entry[]> =>
    ((await (await send('GET', `/audit${query}`, names.look)).json()) as { entries: readonly Entry[] }).entries;

  it('tells who changed what, from where, and what came of it, the newest first', async () => {
    expect(await entries()).toEqual([]);
    const registered = await send('POST', '/workflows?url=a.war&workflow_name=a&synchronous=false', names.act);
    await send('DELETE', '/workflows/none?secret=x', names.act);
    await send('GET', '/workflows', names.look);
    await expect.poll(() => entries().then(({ length }) => length)).toBe(2);
    const at = expect.stringMatching(/^2\d{3}-.*Z$/) as string;
    const requestId = expect.any(String) as string;
    const who = { kind: 'change', at, key: 'act', from: '127.0.0.1', requestId };
    const operationId = registered.headers.get('operation-id');
    expect(await entries()).toEqual([
      { ...who, method: 'DELETE', path: '/workflows/none', workflow: 'none', status: 404 },
      { ...who, method: 'POST', path: '/workflows', workflow: 'a', archive: 'a.war', status: 202, operationId },
    ]);
    expect((await entries('?offset=1&limit=1')).map(({ path }) => path)).toEqual(['/workflows']);
  });

  it('is told on the page in its words', async () => {
    const { rows } = (await (await send('GET', '/dashboard/api/audit?limit=1', names.look)).json()) as {
      rows: readonly object[];
    };
    expect(rows).toMatchObject([
      { who: 'act', from: '127.0.0.1', act: 'DELETE /workflows/none', subject: 'none', outcome: '404' },
    ]);
  });

  it('tells who was not let in apart from that, and no key', async () => {
    await send('POST', '/workflows?url=b.war', 'a-guess');
    await send('POST', '/workflows?url=b.war', names.look);
    await send('POST', '/dashboard/api/session');
    await expect.poll(() => entries('?kind=refused').then(({ length }) => length)).toBeGreaterThanOrEqual(2);
    const refused = await entries('?kind=refused');
    expect(refused).toContainEqual(expect.objectContaining({ path: '/workflows', status: 401, code: 'unauthorized' }));
    expect(refused).toContainEqual(expect.objectContaining({ key: 'look', status: 403, code: 'forbidden' }));
    expect(JSON.stringify([refused, await entries()])).not.toMatch(/a-guess|the-key-that/);
  });

  it('is for who may look, and refuses what it does not know', async () => {
    expect((await send('GET', '/audit')).status).toBe(401);
    const answer = await send('GET', '/audit?kind=all', names.look);
    expect([answer.status, await answer.json()]).toMatchObject([400, { errorCode: 'parameterInvalid' }]);
    expect((await send('GET', '/audit?limit=201', names.look)).status).toBe(400);
  });
});
