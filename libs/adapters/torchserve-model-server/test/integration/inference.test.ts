import { handlers, modelRegistration, writeModelArchive } from '@torchweave/testing/port-conformance/mar-models';
import type { InputField, NodeOutput } from '@torchweave/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  clientOf,
  describeOnTorchServe,
  inferenceOptions,
  patience,
  startTestTorchServe,
  type TestTorchServe,
} from './torchserve-fixture.js';

const typedAnswer = `
def handle(data, context):
    if data is None:
        return None
    for index in range(len(data)):
        context.set_response_content_type(index, "text/csv")
        context.set_response_status(201, "Created", index)
    return ["a,b" for _ in data]
`;
const suicidal = `
import os

def handle(data, context):
    if data is None:
        return None
    if bytes(data[0]["body"]) == b"die":
        os._exit(1)
    return ["alive" for _ in data]
`;
const together = `
from ts.utils.util import PredictionException

def handle(data, context):
    if data is None:
        return None
    bodies = [bytes(row["body"]).decode() for row in data]
    for body in bodies:
        if body.startswith("secret"):
            raise PredictionException("not with " + body, 422)
    return bodies
`;
const queueSize = 4;

describeOnTorchServe('inferring on TorchServe', () => {
  let torchServe: TestTorchServe;

  beforeAll(async () => {
    torchServe = await startTestTorchServe({ config: { job_queue_size: String(queueSize) } });
    const archives = { ...handlers, 'typed-answer': typedAnswer, suicidal, together };
    for (const [name, handler] of Object.entries(archives)) {
      await writeModelArchive(torchServe.modelStore, name, handler);
    }
  });

  afterAll(() => torchServe.dispose());

  const register = (archive: string): Promise<void> =>
    torchServe.server.repository.register(modelRegistration(archive, archive), patience());
  const infer = (model: string, input: string | readonly InputField[]): Promise<NodeOutput> => {
    const fields = typeof input === 'string' ? [{ name: 'body', value: Buffer.from(input) }] : input;
    return torchServe.server.inference.infer(model, fields, inferenceOptions());
  };

  it('keeps the content type that a handler sets, with any status of success', async () => {
    await register('typed-answer');
    expect(await infer('typed-answer', 'x')).toMatchObject({ value: Buffer.from('a,b'), contentType: 'text/csv' });
  });

  it('tells no client what a handler said of another one’s request in the same batch', async () => {
    const model = modelRegistration('together', 'together', { batchSize: 2, maxBatchDelay: 5_000 });
    await torchServe.server.repository.register(model, patience());
    const asked = ['a word', 'secret word'].map((body) =>
      torchServe.server.inference.infer('together', [{ name: 'body', value: Buffer.from(body) }], {
        ...inferenceOptions(),
        isBatched: true,
      }),
    );
    for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
      expect(status).toBe('rejected');
      expect(reason).toMatchObject({ code: 'modelServerRefused', data: { answered: '500' } });
      expect(String(reason)).not.toContain('secret');
    }
  });

  it('tells where a failure that TorchServe has few words for is explained', async () => {
    await register('raises');
    await expect(infer('raises', 'x')).rejects.toThrow(
      'Prediction failed. What its handler did stands in the model_log.log',
    );
  });

  it('shows no field where there is none', async () => {
    await register('types');
    const { value } = await infer('types', []);
    expect(JSON.parse(Buffer.from(value).toString())).toMatchObject({ fields: {} });
  });

  it('shows a separator in the name of a field as a space, which is Netty’s way', async () => {
    await register('types');
    const { value } = await infer('types', [{ name: 'a;b', value: Buffer.from('x') }]);
    expect(JSON.parse(Buffer.from(value).toString())).toMatchObject({ fields: { 'a b': ['bytearray', '78'] } });
  });

  it.each([
    ['body', 'plain'],
    ['field', 'in a form'],
  ])('refuses with 413 a %s that TorchServe finds too large, sent %s', async (name) => {
    await register('size');
    await expect(infer('size', [{ name, value: Buffer.alloc(7_000_000) }])).rejects.toMatchObject({
      code: 'modelServerRefused',
      data: { answered: '413', message: 'The request is larger than the max_request_size of the model server.' },
    });
  });

  it('refuses an answer beyond its limit', async () => {
    await register('echo');
    const frugal = clientOf(torchServe.process, { maxResponseBytes: 10 });
    const input = [{ name: 'body', value: Buffer.alloc(11) }];
    await expect(frugal.inference.infer('echo', input, inferenceOptions())).rejects.toMatchObject({
      data: { answered: '413' },
    });
    await frugal.close();
  });

  it('tells that a model has no worker', async () => {
    await register('upper');
    await torchServe.server.repository.scale('upper', { minWorkers: 0, maxWorkers: 0 }, patience());
    await expect(infer('upper', 'x')).rejects.toMatchObject({
      code: 'modelBusy',
      data: { answered: '503', message: expect.stringContaining('has no worker to serve inference request') },
    });
  });

  it('tells that the queue of a model is full', async () => {
    await register('slow');
    const answers = await Promise.allSettled(Array.from({ length: queueSize * 3 }, () => infer('slow', '0.2')));
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    expect(refusals).not.toHaveLength(0);
    expect(refusals[0]).toMatchObject({ code: 'modelBusy', data: { answered: '503' } });
    expect(answers.filter((answer) => answer.status === 'fulfilled').length).toBeGreaterThanOrEqual(queueSize);
  });

  it('tells that a worker died, and is served by the next one', async () => {
    await register('suicidal');
    await expect(infer('suicidal', 'die')).rejects.toMatchObject({
      code: 'modelServerRefused',
      data: { answered: '500' },
    });
    const retried = async (): Promise<string> => {
      const answer = await infer('suicidal', 'live').catch(() => undefined);
      return Buffer.from(answer?.value ?? []).toString();
    };
    await expect.poll(retried, { timeout: 30_000 }).toBe('alive');
  });
});
