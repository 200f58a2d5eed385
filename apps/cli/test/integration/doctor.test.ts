import { freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.js';
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

/** Answers as TorchServe 0.12 does to what doctor asks. */
const torchServe =
  (registration: number) =>
  ({ method, url }: SeenRequest) => {
    if (method === 'OPTIONS') return { body: { info: { title: 'TorchServe APIs', version: '0.12.0' } } };
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
      expect.stringMatching(/^ok (Redis|Valkey) \d.* at 127\.0\.0\.1:\d+$/),
    ]);
  });

  it('fails on a Redis that does not answer, and keeps its password to itself', async () => {
    const report = await examine('--redis-url', `redis://user:secret@127.0.0.1:${await freePort()}`);
    expect(report.code).toBe(1);
    expect(about(report, 'redis')).toEqual([
      expect.stringMatching(/^fail The Redis at 127\.0\.0\.1:\d+ does not answer: /),
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
});
