import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import type { ModelArchive } from '@torchweave/application';
import { zipOf } from '@torchweave/testing/builders';
import { handlers, modelRegistration, writeModelArchive } from '@torchweave/testing/port-conformance/mar-models';
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
  let folder: string;

  beforeAll(async () => {
    torchServe = await startTestTorchServe();
    folder = await mkdtemp(join(tmpdir(), 'torchweave-fetched-'));
  });

  afterAll(async () => {
    await torchServe.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const register = (name: string, url: string): Promise<void> =>
    torchServe.server.repository.register(modelRegistration(name, '', { url }), patience());
  /** As if it came from a URL that ends in `model.mar`. */
  const deliver = async (name: string, file: string): Promise<void> => {
    const packed = await readFile(join(folder, `${file}.mar`));
    const archive: ModelArchive = {
      digest: createHash('sha256').update(packed).digest('hex'),
      read: () => Promise.resolve({ bytes: packed.length, content: Readable.from([packed]) }),
    };
    const url = 'https://models.example/model.mar';
    await torchServe.server.repository.register(modelRegistration(name, '', { url, archive }), patience());
  };
  const delivered = async (): Promise<string[]> =>
    (await readdir(torchServe.modelStore)).filter((file) => file.startsWith('torchweave-'));
  const unregister = (name: string): Promise<void> => torchServe.server.repository.unregister(name, patience());
  const answerOf = async (name: string): Promise<string> => {
    const input = [{ name: 'body', value: Buffer.from('hello') }];
    const { value } = await torchServe.server.inference.infer(name, input, inferenceOptions());
    return Buffer.from(value).toString();
  };

  it('come to it from a URL under a name of their content, and go with the model', async () => {
    await writeModelArchive(folder, 'remote', handlers.upper);
    await deliver('remote', 'remote');
    expect(await answerOf('remote')).toBe('HELLO');
    expect(await delivered()).toHaveLength(1);
    await unregister('remote');
    expect(await delivered()).toEqual([]);
    await deliver('remote', 'remote');
    expect(await answerOf('remote')).toBe('HELLO');
    await deliver('remote', 'remote');
    expect(await delivered()).toHaveLength(1);
    await unregister('remote');
  });

  it('are each model’s own, whatever name their URLs end in and whatever the store has of that name', async () => {
    await writeModelArchive(folder, 'one', handlers.upper);
    await writeModelArchive(folder, 'two', handlers.rev);
    await writeModelArchive(torchServe.modelStore, 'model', handlers.echo);
    await Promise.all([deliver('one', 'one'), deliver('two', 'two'), deliver('again', 'one')]);
    expect(await Promise.all(['one', 'two', 'again'].map(answerOf))).toEqual(['HELLO', 'olleh', 'HELLO']);
    await deliver('one', 'two');
    expect(await answerOf('one')).toBe('olleh');
    await unregister('one');
    expect(await Promise.all(['two', 'again'].map(answerOf))).toEqual(['olleh', 'HELLO']);
    await Promise.all(['two', 'again'].map(unregister));
    expect(await delivered()).toEqual([]);
    expect(await readdir(torchServe.modelStore)).toContain('model.mar');
  });

  it('that have stayed in the store of a TorchServe that has lost its models are used again, half ones are not', async () => {
    await writeModelArchive(folder, 'stayed', handlers.upper);
    await deliver('stayed', 'stayed');
    const [file = ''] = await delivered();
    const path = join(torchServe.modelStore, file);
    const packed = await readFile(path);
    await unregister('stayed');
    await writeFile(path, packed);
    await deliver('stayed', 'stayed');
    expect(await answerOf('stayed')).toBe('HELLO');
    await unregister('stayed');
    await writeFile(path, packed.subarray(0, 100));
    await deliver('stayed', 'stayed');
    expect(await answerOf('stayed')).toBe('HELLO');
    await unregister('stayed');
  });

  it('leave neither model nor file when the handler cannot be loaded, or there is no manifest', async () => {
    const before = await delivered();
    await writeModelArchive(folder, 'broken', handlers['needs-missing-module']);
    await expect(deliver('broken', 'broken')).rejects.toMatchObject({
      code: 'modelServerRefused',
      data: { answered: '500', message: 'Failed to start workers for model broken version: 1.0' },
    });
    await writeFile(join(folder, 'nothing.mar'), await zipOf({ 'h.py': '' }));
    await expect(deliver('nothing', 'nothing')).rejects.toMatchObject({ code: 'modelServerRefused' });
    expect(await torchServe.server.repository.list(patience())).not.toContain('broken');
    expect(await delivered()).toEqual(before);
  });

  it('are not fetched by TorchServe itself', async () => {
    await expect(register('absent', 'http://127.0.0.1:1/absent.mar')).rejects.toMatchObject({
      code: 'modelRejected',
    });
  });

  it('gives a model the workers asked for, whatever its own model-config says', async () => {
    const modelConfig = 'minWorkers: 2\nmaxWorkers: 2\nbatchSize: 3\n';
    await writeModelArchive(torchServe.modelStore, 'opinionated', handlers.upper, { modelConfig });
    await register('opinionated', 'opinionated.mar');
    expect(await torchServe.server.repository.describe('opinionated', patience())).toMatchObject({
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
    expect(await torchServe.server.repository.describe('versioned', patience())).toBeUndefined();
  });
});
