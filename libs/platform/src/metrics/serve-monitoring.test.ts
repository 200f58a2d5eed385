import { silentLogger, type Logger } from '@torchweave/application';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AccessKeys } from '../auth/access-keys.js';
import { openMonitoringAccess } from '../auth/monitoring-access.js';
import { loadSettings, type SettingSources } from '../config/load-settings.js';
import { Monitoring } from './monitoring.js';
import { serveMonitoring, type MonitoringServer } from './serve-monitoring.js';

describe('serveMonitoring', () => {
  const servers: MonitoringServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  type Where = Parameters<typeof serveMonitoring>[1];
  async function serve(
    monitoring: Monitoring,
    where: Where,
    logger: Logger = silentLogger,
    access: Parameters<typeof serveMonitoring>[3] = {},
  ): Promise<string | undefined> {
    const server = await serveMonitoring(monitoring, where, logger, access);
    servers.push(server);
    return server.address;
  }
  const anywhere: Where = { metricsAddress: undefined, metricsPort: 0 };
  const monitoringOf = (): Monitoring => new Monitoring('api', silentLogger);
  const portOf = (address: string | undefined): number => Number(new URL(address ?? '').port);

  it('tells the metrics of the process and what runs', async () => {
    const address = await serve(new Monitoring('gateway', silentLogger), anywhere);
    const response = await fetch(`${address}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(/^torchweave_build_info\{app="gateway",version="\d+\.\d+\.\d+",node_version="v\d.*"\} 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('is live at once, and ready when the process serves and every part can work', async () => {
    const monitoring = new Monitoring('worker', silentLogger);
    let redis: Promise<void> = Promise.reject(new Error('Redis is away'));
    redis.catch(() => undefined);
    monitoring.addReadiness('worker', () => redis);
    const address = await serve(monitoring, anywhere);
    const ready = async (): Promise<[number, unknown]> => {
      const response = await fetch(`${address}/health/ready`);
      return [response.status, await response.json()];
    };
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    const reasons = { worker: 'Redis is away', process: 'it is starting' };
    expect(await ready()).toEqual([503, { status: 'Unhealthy', reasons }]);
    redis = Promise.resolve();
    monitoring.phase = 'serving';
    expect(await ready()).toEqual([200, { status: 'Healthy' }]);
    expect(await (await fetch(`${address}/metrics`)).text()).toContain('torchweave_ready{part="worker"} 1');
    monitoring.phase = 'stopping';
    expect((await ready())[0]).toBe(503);
  });

  it('tells beside that what is wrong with a part that works, and the log once', async () => {
    const told: object[] = [];
    const monitoring = new Monitoring('api', { ...silentLogger, warn: (data) => void told.push(data) });
    let warning: string | undefined = 'Redis refuses writes';
    monitoring.addWarning('state', () => Promise.resolve(warning));
    monitoring.addWarning('gateway', () => {
      throw new Error('nobody can tell');
    });
    monitoring.phase = 'serving';
    const address = await serve(monitoring, anywhere);
    const ready = async (): Promise<unknown> => (await fetch(`${address}/health/ready`)).json();
    const warnings = { state: 'Redis refuses writes' };
    expect(await ready()).toEqual({ status: 'Healthy', warnings });
    expect(await (await fetch(`${address}/metrics`)).text()).toContain('torchweave_warning{part="state"} 1');
    expect(told).toEqual([{ warnings }]);
    warning = undefined;
    expect(await ready()).toEqual({ status: 'Healthy' });
    expect(await (await fetch(`${address}/metrics`)).text()).toContain('torchweave_warning{part="state"} 0');
  });

  it('tells the log once of several that are wrong, in whatever order they are found', async () => {
    const told: object[] = [];
    const monitoring = new Monitoring('api', { ...silentLogger, warn: (data) => void told.push(data) });
    let isSlow = true;
    const slow = async (): Promise<string> => {
      if (isSlow) await new Promise((resolve) => setImmediate(resolve));
      return 'slow';
    };
    monitoring.addWarning('one', slow);
    monitoring.addWarning('other', () => 'fast');
    monitoring.phase = 'serving';
    await monitoring.warnings();
    isSlow = false;
    await monitoring.warnings();
    expect(told).toEqual([{ warnings: { one: 'slow', other: 'fast' } }]);
  });

  it('tells everybody whether it is ready, and why not only to whoever has a key, and to the log', async () => {
    const keyFile = join(mkdtempSync(join(tmpdir(), 'torchweave-monitoring-')), 'keys.json');
    const keys = AccessKeys.open({ file: keyFile, expirationMin: 1, logger: silentLogger });
    const { inference } = JSON.parse(readFileSync(keyFile, 'utf8')) as { inference: { key: string } };
    const told: [object, string][] = [];
    const tell = (data: object, message: string): void => void told.push([data, message]);
    const monitoring = new Monitoring('worker', { ...silentLogger, warn: tell, info: tell });
    let redis: Promise<void> = Promise.reject(new Error('Redis is away'));
    redis.catch(() => undefined);
    monitoring.addReadiness('worker', () => redis);
    monitoring.phase = 'serving';
    const address = await serve(monitoring, anywhere, silentLogger, { keys });
    const ready = async (headers: Record<string, string>): Promise<[number, unknown]> => {
      const response = await fetch(`${address}/health/ready`, { headers });
      return [response.status, await response.json()];
    };
    const reasons = { worker: 'Redis is away' };
    const known = { authorization: `Bearer ${inference.key}` };
    expect(await ready({})).toEqual([503, { status: 'Unhealthy' }]);
    expect(await ready({ authorization: 'Bearer wrong-wrong' })).toEqual([503, { status: 'Unhealthy' }]);
    expect(await ready(known)).toEqual([503, { status: 'Unhealthy', reasons }]);
    redis = Promise.resolve();
    expect(await ready({})).toEqual([200, { status: 'Healthy' }]);
    expect((await fetch(`${address}/metrics`)).status).toBe(401);
    expect(told).toEqual([
      [{ reasons }, 'not ready'],
      [{}, 'ready again'],
    ]);
    rmSync(dirname(keyFile), { recursive: true });
  });

  it('tells the other metrics when one cannot be collected', async () => {
    const monitoring = new Monitoring('api', silentLogger);
    monitoring.onScrape(() => Promise.reject(new Error('Redis is away')));
    const address = await serve(monitoring, anywhere);
    expect(await (await fetch(`${address}/metrics`)).text()).toContain('torchweave_build_info');
  });

  it.each([
    ['GET', '/other', 404],
    ['POST', '/metrics', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    const address = await serve(new Monitoring('api', silentLogger), anywhere);
    expect((await fetch(address + path, { method })).status).toBe(status);
  });

  describe('has the limits and the rules of every port', () => {
    const accessOf = (flags: SettingSources['flags']): ReturnType<typeof openMonitoringAccess> =>
      openMonitoringAccess(
        loadSettings({ flags: { metricsPort: 0, ...flags }, environment: {} }).settings,
        silentLogger,
      );
    const ask = async (address: string | undefined, headers: string): Promise<string> => {
      const socket = connect(portOf(address), '127.0.0.1').on('error', () => undefined);
      socket.write(`GET /metrics HTTP/1.1\r\nConnection: close\r\n${headers}\r\n`);
      let text = '';
      for await (const piece of socket.setEncoding('utf8')) text += piece as string;
      return text.split('\r\n')[0] ?? '';
    };

    it.each([
      ['its own host', 'Host: localhost\r\n', 'HTTP/1.1 200 OK'],
      ['another host', 'Host: evil.example\r\n', 'HTTP/1.1 403 Forbidden'],
      ['two hosts', 'Host: localhost\r\nHost: localhost\r\n', 'HTTP/1.1 400 Bad Request'],
      ['another site', 'Host: localhost\r\nSec-Fetch-Site: cross-site\r\n', 'HTTP/1.1 403 Forbidden'],
      ['as many headers as it may have', `Host: localhost\r\n${'a: b\r\n'.repeat(8)}`, 'HTTP/1.1 200 OK'],
      ['one header more', `Host: localhost\r\n${'a: b\r\n'.repeat(9)}`, 'HTTP/1.1 431 Request Header Fields Too Large'],
    ])('for a request with %s', async (_, headers, line) => {
      const address = await serve(monitoringOf(), anywhere, silentLogger, await accessOf({ maxHeaderCount: 10 }));
      expect(await ask(address, headers)).toBe(line);
    });

    it('for connections: no more than it may have', async () => {
      const address = await serve(monitoringOf(), anywhere, silentLogger, await accessOf({ maxConnections: 1 }));
      const first = connect(portOf(address), '127.0.0.1');
      await once(first, 'connect');
      expect(await ask(address, 'Host: localhost\r\n')).toBe('');
      first.destroy();
      await expect.poll(() => ask(address, 'Host: localhost\r\n')).toBe('HTTP/1.1 200 OK');
    });

    it('for health: everybody is told whether, and a stranger not why', async () => {
      const address = await serve(monitoringOf(), anywhere, silentLogger, await accessOf({}));
      const headers = { 'sec-fetch-site': 'cross-site' };
      const stranger = await fetch(`${address}/health/ready`, { headers });
      expect([stranger.status, await stranger.json()]).toEqual([503, { status: 'Unhealthy' }]);
      expect(await (await fetch(`${address}/health/ready`)).json()).toHaveProperty('reasons');
    });

    it('asks its parts once for all who ask at once', async () => {
      const monitoring = monitoringOf();
      let asked = 0;
      let answer: () => void = () => undefined;
      const answered = new Promise<void>((resolve) => (answer = resolve));
      monitoring.addReadiness('part', () => {
        asked += 1;
        return answered;
      });
      const address = await serve(monitoring, anywhere);
      const asking = [1, 2, 3].map(() => fetch(`${address}/health/ready`));
      await expect.poll(() => asked).toBe(1);
      answer();
      await Promise.all(asking);
      expect(asked).toBeLessThan(3);
    });
  });

  it('refuses a taken port that was asked for', async () => {
    const monitoring = new Monitoring('api', silentLogger);
    const metricsPort = portOf(await serve(monitoring, anywhere));
    const refused = { code: 'addressTaken', data: { port: metricsPort, setting: '--metrics-port' } };
    await expect(serve(monitoring, { metricsAddress: undefined, metricsPort })).rejects.toMatchObject(refused);
    const metricsAddress = `http://127.0.0.1:${metricsPort}`;
    await expect(serve(monitoring, { metricsAddress, metricsPort: undefined })).rejects.toMatchObject(refused);
  });

  it('goes without, and says so, where the default port is taken', async () => {
    const monitoring = new Monitoring('api', silentLogger);
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
    const byDefault: Where = { metricsAddress: undefined, metricsPort: undefined };
    const addresses = [await serve(monitoring, byDefault, logger), await serve(monitoring, byDefault, logger)];
    expect(addresses[1]).toBeUndefined();
    expect(warnings).toContain(
      'the port of metrics and health is taken: give this process one of its own with --metrics-port',
    );
  });

  it('serves nothing when asked to', async () => {
    const none: Where = { metricsAddress: undefined, metricsPort: 'none' };
    expect(await serve(new Monitoring('api', silentLogger), none)).toBeUndefined();
  });
});
