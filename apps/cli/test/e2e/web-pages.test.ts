import { silentLogger } from '@torchweave/application';
import { Admission, loadSettings, openAdmission, type HttpAdmissionOptions } from '@torchweave/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGuardedApi, startGuardedGateway, type GuardedServer } from './support/guarded-servers.js';
import { rawRequest } from './support/raw-request.js';

const openRoutes = ['OPTIONS /', 'GET /health/live', 'GET /health/ready'];

describe.each(['management', 'inference'] as const)('the %s API without keys', (api) => {
  let server: GuardedServer;

  async function admission(): Promise<HttpAdmissionOptions> {
    const { settings } = loadSettings({ flags: {}, environment: {} });
    const { admission: opened } = await openAdmission(settings, api, silentLogger);
    return { ...opened.options, admission: new Admission({ what: 'requests', limit: 1_000, keys: opened.keys }) };
  }

  beforeAll(async () => {
    const options = await admission();
    server = await (api === 'management' ? startGuardedApi(options) : startGuardedGateway(options));
  });
  afterAll(() => server.close());

  const foreign = (): Record<string, Record<string, string>> => {
    const { host, port } = new URL(server.address);
    return {
      'a form of another site': { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' },
      'another port of the machine': { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
      'a sandbox': { origin: 'null' },
      'a picture of another site': { 'sec-fetch-site': 'cross-site' },
      'a name that was led here': {
        host: `evil.example:${port}`,
        origin: `http://evil.example:${port}`,
        'sec-fetch-site': 'same-origin',
      },
      'what a browser asks first': { host, origin: 'http://evil.example', 'access-control-request-method': 'PUT' },
    };
  };

  it('is not used by a web page, on any of its routes', async () => {
    expect(server.routes.length).toBeGreaterThan(5);
    for (const { method, path } of [...server.routes, { method: 'GET', path: '/nosuch' }]) {
      if (openRoutes.includes(`${method} ${path}`)) continue;
      for (const [who, headers] of Object.entries(foreign())) {
        const { status, body } = await rawRequest(server.address, method, path, headers);
        expect([method, path, who, status]).toEqual([method, path, who, 403]);
        if (method !== 'HEAD') expect(JSON.parse(body)).toMatchObject({ code: 403, type: 'ForbiddenException' });
      }
    }
  });

  it('is used by programs, by whatever name of this machine, and by its own pages', async () => {
    const { host, port } = new URL(server.address);
    const [method, path] = api === 'management' ? ['GET', '/workflows'] : ['POST', '/ping'];
    for (const headers of [
      { host },
      { host: `localhost:${port}` },
      { host: `[::1]:${port}` },
      { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      { host, 'sec-fetch-site': 'none' },
    ]) {
      expect([headers, (await rawRequest(server.address, method, path, headers)).status]).toEqual([headers, 200]);
    }
  });

  it('tells a balancer with a host of its own whether it can work', async () => {
    const headers = { host: 'balancer.internal' };
    for (const path of ['/health/live', '/health/ready']) {
      expect((await rawRequest(server.address, 'GET', path, headers)).status).toBe(200);
    }
  });
});
