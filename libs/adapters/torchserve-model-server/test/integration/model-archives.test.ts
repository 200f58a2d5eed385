import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { handlers, modelRegistration, writeModelArchive } from '@torchweave/testing/port-conformance/model-server';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  describeOnTorchServe,
  inferenceOptions,
  patience,
  startTestTorchServe,
  type TestTorchServe,
} from './torchserve-fixture.js';

describeOnTorchServe('archives of models on TorchServe', () => {
  let torchServe: TestTorchServe;
  let website: Server;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    torchServe = await startTestTorchServe();
    folder = await mkdtemp(join(tmpdir(), 'torchweave-website-'));
    website = createServer((request, response) => {
      readFile(join(folder, request.url ?? '')).then(
        (archive) => response.end(archive),
        () => response.writeHead(404).end(),
      );
    }).listen(0, '127.0.0.1');
    await once(website, 'listening');
    address = `http://127.0.0.1:${(website.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await torchServe.dispose();
    website.close();
    await rm(folder, { recursive: true, force: true });
  });

  const register = (name: string, url: string): Promise<void> =>
    torchServe.server.register(modelRegistration(name, '', { url }), patience());
  const unregister = (name: string): Promise<void> => torchServe.server.unregister(name, patience());
  const upper = async (name: string): Promise<string> => {
    const { value } = await torchServe.server.infer(
      name,
      [{ name: 'body', value: Buffer.from('hello') }],
      inferenceOptions(),
    );
    return Buffer.from(value).toString();
  };
  const isStored = (file: string): boolean => existsSync(join(torchServe.modelStore, file));

  it('registers a model from a URL, and again after it was unregistered with its file', async () => {
    await writeModelArchive(folder, 'remote', handlers.upper);
    await register('remote', `${address}/remote.mar`);
    expect(await upper('remote')).toBe('HELLO');
    expect(isStored('remote.mar')).toBe(true);
    await unregister('remote');
    expect(isStored('remote.mar')).toBe(false);
    await register('remote', `${address}/remote.mar`);
    expect(await upper('remote')).toBe('HELLO');
  });

  it('keeps a model from a URL that is registered again', async () => {
    await writeModelArchive(folder, 'kept', handlers.upper);
    await register('kept', `${address}/kept.mar`);
    await rm(join(folder, 'kept.mar'));
    await register('kept', `${address}/kept.mar`);
    expect(await upper('kept')).toBe('HELLO');
  });

  it('registers several models from the same URL at once', async () => {
    await writeModelArchive(folder, 'shared', handlers.upper);
    const names = ['shared-1', 'shared-2', 'shared-3'];
    await Promise.all(names.map((name) => register(name, `${address}/shared.mar`)));
    expect(await Promise.all(names.map(upper))).toEqual(['HELLO', 'HELLO', 'HELLO']);
  });

  it('registers the file of the store where one has the name of the URL’s, and leaves it there', async () => {
    await writeModelArchive(torchServe.modelStore, 'stored', handlers.upper);
    await register('stored', `${address}/stored.mar`);
    await register('stored', `${address}/stored.mar`);
    expect(await upper('stored')).toBe('HELLO');
    await unregister('stored');
    expect(isStored('stored.mar')).toBe(true);
  });

  it('tells with TorchServe’s words that a URL cannot be fetched', async () => {
    await expect(register('absent', `${address}/absent.mar`)).rejects.toMatchObject({
      code: 'modelServerRefused',
      data: { status: 400, message: `Failed to download archive from: ${address}/absent.mar` },
    });
    expect(isStored('absent.mar')).toBe(false);
  });

  it('leaves neither model nor file of a URL whose handler cannot be loaded', async () => {
    await writeModelArchive(folder, 'broken', handlers['needs-missing-module']);
    await expect(register('broken', `${address}/broken.mar`)).rejects.toMatchObject({
      data: { status: 500, message: 'Failed to start workers for model broken version: 1.0' },
    });
    expect(await torchServe.server.list(patience())).not.toContain('broken');
    expect(isStored('broken.mar')).toBe(false);
  });

  it('gives a model the workers asked for, whatever its own model-config says', async () => {
    const modelConfig = 'minWorkers: 2\nmaxWorkers: 2\nbatchSize: 3\n';
    await writeModelArchive(torchServe.modelStore, 'opinionated', handlers.upper, { modelConfig });
    await register('opinionated', 'opinionated.mar');
    expect(await torchServe.server.describe('opinionated', patience())).toMatchObject({
      minWorkers: 1,
      maxWorkers: 1,
      readyWorkers: 1,
      batchSize: 1,
    });
  });

  it('leaves no second unpacked archive of a model that is registered again', async () => {
    await writeModelArchive(torchServe.modelStore, 'unpacked', handlers.upper);
    const unpacked = (): Promise<string[]> => readdir(join(torchServe.process.workDir, 'tmp', 'models'));
    await register('unpacked', 'unpacked.mar');
    const before = await unpacked();
    await register('unpacked', 'unpacked.mar');
    expect(await unpacked()).toEqual(before);
  });

  it('removes every version of a model', async () => {
    for (const modelVersion of ['1.0', '2.0', '3.0']) {
      const file = await writeModelArchive(torchServe.modelStore, `versioned-${modelVersion}`, handlers.upper, {
        modelVersion,
      });
      const query = `url=${file}&model_name=versioned&initial_workers=1`;
      const answer = await fetch(`${torchServe.process.managementUrl}/models?${query}`, { method: 'POST' });
      expect(answer.status).toBe(200);
    }
    await unregister('versioned');
    expect(await torchServe.server.describe('versioned', patience())).toBeUndefined();
  });
});
