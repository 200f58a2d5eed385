import { handlers, modelRegistration, writeModelArchive } from '@torchweave/testing/port-conformance/mar-models';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import {
  describeOnTorchServe,
  inferenceOptions,
  patience,
  startTestTorchServe,
  type TestTorchServe,
} from './torchserve-fixture.js';

const hello = [{ name: 'body', value: Buffer.from('hello') }];

describeOnTorchServe('a TorchServe that fails', () => {
  describe('without its model API', () => {
    let torchServe: TestTorchServe;
    beforeAll(async () => {
      torchServe = await startTestTorchServe({ enableModelApi: false });
      await writeModelArchive(torchServe.modelStore, 'upper', handlers.upper);
    });
    afterAll(() => torchServe.dispose());

    it('refuses to register and unregister, and says which flag is missing', async () => {
      const { server } = torchServe;
      const refusal = { code: 'modelManagementDisabled', message: expect.stringContaining('--enable-model-api') };
      await expect(server.repository.register(modelRegistration('a', 'upper'), patience())).rejects.toMatchObject(
        refusal,
      );
      await expect(server.repository.unregister('a', patience())).rejects.toMatchObject(refusal);
    });

    it('still lists and describes', async () => {
      expect(await torchServe.server.repository.list(patience())).toEqual([]);
      expect(await torchServe.server.repository.describe('a', patience())).toBeUndefined();
    });
  });

  it('is unhealthy and unreachable when it is killed, and serves again after a restart', async () => {
    const torchServe = await startTestTorchServe();
    onTestFinished(() => torchServe.dispose());
    const { server } = torchServe;
    await writeModelArchive(torchServe.modelStore, 'upper', handlers.upper);
    await writeModelArchive(torchServe.modelStore, 'slow', handlers.slow);
    const registerAll = (): Promise<unknown> =>
      Promise.all(
        ['upper', 'slow'].map((name) => server.repository.register(modelRegistration(name, name), patience())),
      );
    await registerAll();
    await server.inference.infer('upper', hello, inferenceOptions());

    const underWay = server.inference.infer('slow', [{ name: 'body', value: Buffer.from('20') }], inferenceOptions());
    const refusal = expect(underWay).rejects.toMatchObject({ code: 'modelServerUnreachable' });
    await torchServe.process.kill();
    await refusal;
    expect(await server.inference.isHealthy(patience())).toBe(false);
    await expect(server.inference.infer('upper', hello, inferenceOptions())).rejects.toMatchObject({
      code: 'modelServerUnreachable',
      data: { endpoint: server.endpoint, reason: 'connection refused' },
    });
    await expect(server.repository.register(modelRegistration('upper', 'upper'), patience())).rejects.toMatchObject({
      code: 'modelServerUnreachable',
    });

    const restarted = await torchServe.process.restart();
    onTestFinished(() => restarted.stop());
    expect(await server.inference.isHealthy(patience())).toBe(true);
    await expect(server.inference.infer('upper', hello, inferenceOptions())).rejects.toMatchObject({
      code: 'modelMissing',
    });
    await registerAll();
    const { value } = await server.inference.infer('upper', hello, inferenceOptions());
    expect(Buffer.from(value).toString()).toBe('HELLO');
  });
});
