import { join } from 'node:path';

import { handlers, modelRegistration, writeModelArchive } from '@torchweave/testing/port-conformance/mar-models';
import type { TorchServeModelServer } from '@torchweave/torchserve-model-server';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  clientOf,
  describeOnTorchServe,
  inferenceOptions,
  patience,
  startTestTorchServe,
  type TestTorchServe,
} from './torchserve-fixture.js';

/** Long enough for a start, short enough to wait for. */
const expirationSeconds = 15;

describeOnTorchServe('TorchServe with token authorization', () => {
  let torchServe: TestTorchServe;
  let keyFile: string;

  beforeAll(async () => {
    torchServe = await startTestTorchServe(
      { tokenAuth: true, config: { token_expiration_min: String(expirationSeconds / 60) } },
      ({ workDir }) => ({ keyFile: join(workDir, 'key_file.json') }),
    );
    keyFile = join(torchServe.process.workDir, 'key_file.json');
    await writeModelArchive(torchServe.modelStore, 'upper', handlers.upper);
  });

  afterAll(() => torchServe.dispose());

  const upper = async (server: TorchServeModelServer): Promise<string> => {
    const { value } = await server.inference.infer(
      'upper',
      [{ name: 'body', value: Buffer.from('hello') }],
      inferenceOptions(),
    );
    return Buffer.from(value).toString();
  };
  const isAccepted = async (key: string | undefined): Promise<boolean> => {
    const headers = { authorization: `Bearer ${key ?? ''}` };
    return (await fetch(`${torchServe.process.managementUrl}/models`, { headers })).ok;
  };

  it('is served with the keys of its key file', async () => {
    const { server } = torchServe;
    expect(await server.inference.isHealthy(patience())).toBe(true);
    await server.repository.register(modelRegistration('upper', 'upper'), patience());
    expect(await server.repository.list(patience())).toEqual(['upper']);
    expect(await upper(server)).toBe('HELLO');
  });

  it('is served when someone else has renewed the keys', async () => {
    const { managementUrl } = torchServe.process;
    const before = torchServe.process.currentKeys();
    for (const type of ['management', 'inference']) {
      const headers = { authorization: `Bearer ${before?.api ?? ''}` };
      expect((await fetch(`${managementUrl}/token?type=${type}`, { headers })).status).toBe(200);
    }
    expect(torchServe.process.currentKeys()?.management).not.toBe(before?.management);
    expect(await torchServe.server.repository.list(patience())).toEqual(['upper']);
    expect(await upper(torchServe.server)).toBe('HELLO');
  });

  it('is served by several processes after the keys expired', async () => {
    const expiring = torchServe.process.currentKeys()?.management;
    const options = { timeout: 2 * expirationSeconds * 1_000, interval: 250 };
    await expect.poll(() => isAccepted(expiring), options).toBe(false);
    const another = clientOf(torchServe.process, { keyFile });
    const both = [torchServe.server, another];
    const lists = await Promise.all(both.map((server) => server.repository.list(patience())));
    expect(lists).toEqual([['upper'], ['upper']]);
    expect(await Promise.all(both.map(upper))).toEqual(['HELLO', 'HELLO']);
    await another.close();
  });

  it('is served with keys that are given', async () => {
    const keys = torchServe.process.currentKeys();
    expect(keys).toBeDefined();
    const given = clientOf(torchServe.process, { keys });
    expect(await given.repository.list(patience())).toEqual(['upper']);
    await given.close();
  });

  it.each([
    ['without a key', {}],
    ['with a wrong key', { keys: { management: 'wrong', inference: 'wrong' } }],
    ['with a key file that is not there', { keyFile: '/nonexistent/key_file.json' }],
  ])('refuses a client %s', async (_what, options) => {
    const stranger = clientOf(torchServe.process, options);
    const refusal = {
      code: 'modelServerUnauthorized',
      message: expect.stringMatching(/Token Authorization failed.*--model-server-key-file/),
    };
    await expect(stranger.repository.register(modelRegistration('new', 'upper'), patience())).rejects.toMatchObject(
      refusal,
    );
    await expect(upper(stranger)).rejects.toMatchObject(refusal);
    expect(await stranger.inference.isHealthy(patience())).toBe(false);
    await stranger.close();
  });
});
