import { freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { selfSigned } from '@torchweave/testing/tls';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '@torchweave/composition';
import { AnsweringServer, type SeenRequest } from './support/answering-server.js';
import { runCommand } from './support/run-command.js';
import { TemporaryFolder } from './support/temporary-folder.js';

let folder: TemporaryFolder;
let ports: string[];
const closing: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = await TemporaryFolder.make();
  await folder.write({ 'workflows/a.war': '', 'models/b.mar': '' });
  ports = ['--management-port', String(await freePort()), '--inference-port', String(await freePort())];
});

afterEach(async () => {
  for (const thing of closing.splice(0)) await thing.close();
  await folder.remove();
});

const closeLater = <T extends { close(): Promise<void> }>(thing: T): T => {
  closing.push(thing);
  return thing;
};

interface Report {
  readonly code: number;
  readonly findings: readonly Finding[];
}

async function examine(...flags: string[]): Promise<Report> {
  const stores = ['--workflow-store', folder.at('workflows'), '--model-store', folder.at('models')];
  const environment = { PATH: process.env['PATH'] ?? '' };
  const args = ['doctor', '--json', ...stores, '--data-dir', folder.at('data'), ...ports, ...flags];
  const { code, stdout } = await runCommand(args, { environment });
  return { code, findings: (JSON.parse(stdout) as Report).findings };
}

const about = ({ findings }: Report, subject: string): string[] =>
  findings.filter((finding) => finding.subject === subject).map(({ level, message }) => `${level} ${message}`);

/** How TorchServe 0.12 describes an API. */
const described = (...paths: string[]): object => ({
  info: { title: 'TorchServe APIs', version: '0.12.0' },
  paths: Object.fromEntries(['/', '/ping', ...paths].map((path) => [path, {}])),
});

/** Answers as TorchServe 0.12 does to what doctor asks. */
const torchServe =
  (registration: number) =>
  ({ method, url }: SeenRequest) => {
    if (method === 'OPTIONS') return { body: described('/models', '/predictions/{model_name}') };
    const type = registration === 405 ? 'MethodNotAllowedException' : 'BadRequestException';
    return { status: url === '/models' ? registration : 404, body: { code: registration, type, message: '' } };
  };

describe('doctor', () => {
  it('finds nothing amiss on this machine, with folders that are there', async () => {
    const report = await examine();
    expect(report.code).toBe(0);
    expect(report.findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(about(report, 'python')).toEqual([expect.stringMatching(/^ok Python 3\./)]);
    expect(about(report, 'workflow store')).toEqual([expect.stringMatching(/^ok .*, 1 \.war file$/)]);
    expect(about(report, 'archive store')).toEqual([expect.stringMatching(/^ok .* can be made$/)]);
    expect(about(report, 'management port')).toEqual([expect.stringMatching(/^ok .* is free$/)]);
  });

  it('tells each finding on a line, with what to do below', async () => {
    const { code, stdout } = await runCommand(['doctor', '--python', 'nosuch-python', ...ports]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}python: nosuch-python is not found, or may not be run\.\n {6}Install Python/m);
  });

  it('fails on a Python that is too old or broken', async () => {
    await folder.write({
      old: '#!/bin/sh\necho 3.7.9 /opt/python\n',
      broken: '#!/bin/sh\necho no module >&2; exit 1\n',
    });
    await chmod(folder.at('old'), 0o755);
    await chmod(folder.at('broken'), 0o755);
    const old = await examine('--python', folder.at('old'));
    expect([old.code, about(old, 'python')]).toEqual([1, ['fail /opt/python is Python 3.7.9, which is too old.']]);
    const broken = await examine('--python', folder.at('broken'));
    expect(about(broken, 'python')).toEqual([expect.stringMatching(/does not run: no module$/)]);
  });

  it('looks into the Redis that it is given', async () => {
    const redis = await TestRedis.start();
    closing.push({ close: () => redis.dispose() });
    expect(about(await examine('--redis-url', redis.url), 'redis')).toEqual([
      expect.stringMatching(/^ok (Redis|Valkey) \d.* at redis:\/\/127\.0\.0\.1:\d+$/),
    ]);
    expect(about(await examine('--redis-url', redis.url), 'workers')).toEqual([
      expect.stringMatching(/^warn No worker of the namespace torchweave is connected/),
    ]);
  });

  it('fails on a Redis that does not answer, and keeps its password to itself', async () => {
    const report = await examine('--redis-url', `redis://user:secret@127.0.0.1:${await freePort()}`);
    expect(report.code).toBe(1);
    expect(about(report, 'redis')).toEqual([
      expect.stringMatching(/^fail Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be used: nothing listens there\./),
    ]);
    expect(JSON.stringify(report)).not.toContain('secret');
  });

  it.each([
    [400, 0, 'ok It registers models.'],
    [405, 1, 'fail It registers no models.'],
  ])(
    'tells by the answer %i to an empty registration whether a TorchServe registers models',
    async (status, code, told) => {
      const { url } = closeLater(await AnsweringServer.start(torchServe(status)));
      const report = await examine('--model-server', `torchserve=${url},${url}`);
      expect(report.code).toBe(code);
      expect(about(report, 'model server')).toEqual([
        `ok TorchServe 0.12.0, management API at ${url}`,
        `ok TorchServe 0.12.0, inference API at ${url}`,
        told,
      ]);
    },
  );

  it('fails on model servers that are not there or are something else', async () => {
    const { url } = closeLater(await AnsweringServer.start(() => ({ body: {} })));
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const report = await examine('--model-server', `torchserve=${nobody},${url}`);
    expect(about(report, 'model server')).toEqual([
      expect.stringMatching(/^fail The management API at .* cannot be reached: .*ECONNREFUSED/),
      expect.stringMatching(/^fail What answers at .* is no inference API of TorchServe\.$/),
    ]);
  });

  it('tells a port of a Torchweave from one that another process has', async () => {
    const title = 'Torchweave management API';
    const own = closeLater(await AnsweringServer.start(() => ({ body: { info: { title, version: '1' } } })));
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    closing.push({ close: () => new Promise((resolve) => other.close(() => resolve())) });
    const taken = other.address();
    const port = typeof taken === 'object' && taken !== null ? taken.port : 0;
    other.on('connection', (socket) => socket.destroy());
    const report = await examine('--management-port', String(own.port), '--inference-port', String(port));
    expect(about(report, 'management port')).toEqual([`ok a Torchweave listens on 127.0.0.1:${own.port}`]);
    expect(about(report, 'inference port')).toEqual([`fail 127.0.0.1:${port} is taken by another process.`]);
  });

  it('fails on stores that are not folders and on a data folder that cannot be', async () => {
    const file = folder.at('workflows/a.war');
    const report = await examine('--workflow-store', folder.at('nosuch'), '--model-store', file, '--data-dir', file);
    expect(report.code).toBe(1);
    expect(about(report, 'workflow store')).toEqual([expect.stringMatching(/^fail .*nosuch is not there\.$/)]);
    expect(about(report, 'model store')).toEqual([expect.stringMatching(/^fail .*a\.war is no folder\.$/)]);
    expect(about(report, 'archive store')).toEqual([expect.stringMatching(/^fail .*a\.war is no folder\.$/)]);
  });

  it('goes on after bad values and tells all of them', async () => {
    await folder.write({ 'config.properties': 'max_request_size=many\nfrobnicate=1\nvmargs=-Xmx1g\n' });
    const config = ['--ts-config', folder.at('config.properties')];
    const report = await examine(...config, '--job-concurrency', '0', '--python', 'nosuch-python');
    expect(report.code).toBe(1);
    expect(about(report, 'settings')).toEqual([
      expect.stringMatching(
        /^fail Setting max_request_size must be a whole number of bytes from 1 to .*, not "many"\.$/,
      ),
      expect.stringMatching(/^fail Setting --job-concurrency must be a whole number from 1 to 1024, not "0"\.$/),
      'warn frobnicate of the ts-config is not known: it sets nothing.',
    ]);
    expect(about(report, 'python')).toEqual([expect.stringMatching(/^fail nosuch-python/)]);
    expect(about(report, 'workflow store')).toEqual([expect.stringMatching(/^ok /)]);
  });

  it('fails on addresses beyond this machine without keys, and warns where nobody is to be asked', async () => {
    await folder.write({ 'config.properties': 'management_address=http://0.0.0.0:1\n' });
    const config = ['--ts-config', folder.at('config.properties')];
    const closed = await examine(...config);
    expect([closed.code, about(closed, 'exposure')[0]]).toEqual([
      1,
      expect.stringMatching(/^fail Setting management_address .*--key-file/),
    ]);
    expect(about(await examine(...config, '--disable-token-auth'), 'exposure')[0]).toMatch(
      /^warn The management port .*register workflows, which is to run code here/,
    );
    const keyed = await examine(...config, '--key-file', folder.at('key_file.json'));
    expect(about(keyed, 'exposure')[0]).toMatch(/^ok .* asks for a key\.$/);
    expect(about(keyed, 'key file')).toEqual([expect.stringMatching(/^ok .*made at start/)]);
    await folder.write({ 'key_file.json': '{"management": 7}' });
    expect(about(await examine('--key-file', folder.at('key_file.json')), 'key file')).toEqual([
      expect.stringMatching(/^fail .*management is not valid: must be an object/),
    ]);
  });

  it('reads the certificate of https addresses', async () => {
    const { certificate, key } = await selfSigned(folder.at('.'));
    const file = (chain: string): string =>
      `inference_address=https://127.0.0.1:1\ncertificate_file=${chain}\nprivate_key_file=${key}\n`;
    await folder.write({ good: file(certificate), bad: file(folder.at('nosuch.pem')) });
    expect(about(await examine('--ts-config', folder.at('good')), 'tls')).toEqual([
      expect.stringMatching(/^(ok|warn) The certificate (holds until|ends in)/),
    ]);
    expect(about(await examine('--ts-config', folder.at('bad')), 'tls')).toEqual([
      expect.stringMatching(/^fail Setting certificate_file must be a file that can be read \(ENOENT\)/),
    ]);
  });

  it('tells addresses of a TorchServe that are swapped', async () => {
    const serve = (path: string): Promise<AnsweringServer> => AnsweringServer.start(() => ({ body: described(path) }));
    const management = closeLater(await serve('/models'));
    const inference = closeLater(await serve('/predictions/{model_name}'));
    const report = await examine('--model-server', `torchserve=${inference.url},${management.url}`);
    expect(report.code).toBe(1);
    expect(about(report, 'model server')).toEqual([
      `fail ${inference.url} is given as the management address, and the other API of TorchServe answers there.`,
      `fail ${management.url} is given as the inference address, and the other API of TorchServe answers there.`,
    ]);
  });

  it('warns of a taken port of metrics by default, and fails where that port was asked for', async () => {
    const { port } = closeLater(await AnsweringServer.start(() => ({ body: {} })));
    const report = await examine('--metrics-port', String(port));
    expect([report.code, about(report, 'metrics port')]).toEqual([
      1,
      [`fail 127.0.0.1:${port} is taken by another process.`],
    ]);
    expect(about(await examine('--metrics-port', 'none'), 'metrics port')).toEqual([]);
  });

  it('tells that two servers of one process would have one address', async () => {
    const [, port = ''] = ports;
    const report = await examine('--inference-port', port);
    expect([report.code, about(report, 'settings')]).toEqual([
      1,
      [expect.stringMatching(/^fail Setting management_address must be another address than inference_address/)],
    ]);
  });
});

describe('doctor --at', () => {
  const metricsOf = (app: string, version: string): string =>
    `torchweave_build_info{app="${app}",version="${version}",node_version="v20"} 1\ntorchweave_workflows_loaded 3\n`;
  const serve = (answers: Readonly<Record<string, { status?: number; body: unknown }>>): Promise<AnsweringServer> =>
    AnsweringServer.start(({ method, url }) => answers[`${method} ${url}`] ?? { status: 404, body: undefined });
  const ready = { body: { status: 'Healthy' } };

  async function look(...flags: string[]): Promise<Report> {
    const { code, stdout } = await runCommand(['doctor', '--json', ...flags]);
    return { code, findings: (JSON.parse(stdout) as Report).findings };
  }

  it('looks at what runs: what it is, whether it is ready, and whether all are of one version', async () => {
    const title = 'Torchweave management API';
    const api = closeLater(await serve({ 'OPTIONS /': { body: { info: { title } } }, 'GET /health/ready': ready }));
    const gateway = closeLater(
      await serve({ 'GET /metrics': { body: Buffer.from(metricsOf('gateway', '0.1.0')) }, 'GET /health/ready': ready }),
    );
    const reasons = { worker: 'Python is away' };
    const worker = closeLater(
      await serve({
        'GET /metrics': { body: Buffer.from(metricsOf('worker', '0.2.0')) },
        'GET /health/ready': { status: 503, body: { status: 'Unhealthy', reasons } },
      }),
    );
    const report = await look('--at', api.url, '--at', `${gateway.url}/`, '--at', worker.url);
    expect(report.code).toBe(1);
    expect(about(report, api.url)).toEqual([`ok ${title}`, 'ok It is ready.']);
    expect(about(report, gateway.url)).toEqual([
      'ok metrics of gateway, Torchweave 0.1.0, serves 3 workflows',
      'ok It is ready.',
    ]);
    expect(about(report, worker.url)).toContain('fail It is not ready: worker: Python is away');
    expect(about(report, 'versions')).toEqual(['warn Several versions run: 0.1.0, 0.2.0.']);
  });

  it('says what is no Torchweave, what is not there, and what wants a key', async () => {
    const other = closeLater(await serve({ 'OPTIONS /': { body: described('/models') }, 'GET /health/ready': ready }));
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const shut = closeLater(await serve({ 'GET /metrics': { status: 401, body: {} }, 'GET /health/ready': ready }));
    const report = await look('--at', other.url, '--at', nobody, '--at', shut.url);
    expect(about(report, other.url)).toEqual(['fail What answers there is "TorchServe APIs".']);
    expect(about(report, nobody)).toEqual([expect.stringMatching(/^fail It cannot be reached: .*ECONNREFUSED/)]);
    expect(about(report, shut.url)[0]).toBe('warn It wants a key before it tells its version.');
  });
});
