import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { InferenceOptions, ManagedModelServer, ModelRegistration } from '@torchweave/application';
import type { InputField, NodeOutput } from '@torchweave/domain';
import { releaseOf } from '@torchweave/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';

/** A model server without models, and the folder in which it looks for `.mar` files. */
export interface ModelServerUnderTest {
  readonly server: ManagedModelServer;
  readonly modelStore: string;
  dispose(): Promise<void>;
}

const testTimeoutMs = 60_000;

/** Handlers for tests, by the name of their archive: `handlers.upper` is written to `upper.mar`. */
export const handlers = {
  upper: `
def handle(data, context):
    if data is None:
        return None
    return [bytes(request["body"]).upper() for request in data]
`,
  rev: `
class Reverse:
    def initialize(self, context):
        self.step = -1

    def handle(self, data, context):
        return [bytes(request["body"])[:: self.step] for request in data]
`,
  echo: `
def handle(data, context):
    if data is None:
        return None
    return [bytes(request["body"]) for request in data]
`,
  process: `
import os

def handle(data, context):
    return None if data is None else [str(os.getpid()) for _ in data]
`,
  batch: `
def handle(data, context):
    if data is None:
        return None
    return [{"text": bytes(request["body"]).decode(), "batch": len(data)} for request in data]
`,
  types: `
import json

def seen(value):
    return value.hex() if isinstance(value, (bytes, bytearray)) else value

def handle(data, context):
    if data is None:
        return None
    return [
        json.dumps({
            "fields": {name: [type(value).__name__, seen(value)] for name, value in request.items()},
            "headers": {name: context.get_request_header(index, name) for name in ["x-request-id", "x-tenant", "X-Spelt-So"]},
        })
        for index, request in enumerate(data)
    ]
`,
  size: `
def handle(data, context):
    if data is None:
        return None
    return [{name: [len(value), sum(value)] for name, value in request.items()} for request in data]
`,
  slow: `
import time

def handle(data, context):
    if data is None:
        return None
    time.sleep(max(float(bytes(request["body"])) for request in data))
    return ["done" for _ in data]
`,
  raises: `
def handle(data, context):
    if data is None:
        return None
    raise ValueError("a fault of the handler")
`,
  predexc: `
from ts.utils.util import PredictionException

def handle(data, context):
    if data is None:
        return None
    raise PredictionException("my pred error", 513)
`,
  'needs-missing-module': `
import module_that_is_not_there

def handle(data, context):
    return data
`,
} as const;

export interface ModelArchiveOptions {
  readonly modelVersion?: string;
  /** The archive's own model-config.yaml. */
  readonly modelConfig?: string;
}

/** Writes a model archive as torch-model-archiver does, and resolves to its file name. */
export async function writeModelArchive(
  folder: string,
  name: string,
  handler: string,
  { modelVersion = '1.0', modelConfig }: ModelArchiveOptions = {},
): Promise<string> {
  const configFile = modelConfig === undefined ? {} : { configFile: 'model-config.yaml' };
  const manifest = {
    createdOn: '01/01/2025 00:00:00',
    runtime: 'python',
    model: { modelName: name, handler: 'handler.py', modelVersion, ...configFile },
    archiverVersion: '0.12.0',
  };
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(JSON.stringify(manifest)), 'MAR-INF/MANIFEST.json');
  zip.addBuffer(Buffer.from(handler), 'handler.py');
  if (modelConfig !== undefined) zip.addBuffer(Buffer.from(modelConfig), 'model-config.yaml');
  zip.end();
  const file = `${name}.mar`;
  await pipeline(zip.outputStream, createWriteStream(join(folder, file)));
  return file;
}

/** A registration of `<archive>.mar` with numbers that tests rarely care about. */
export function modelRegistration(
  name: string,
  archive: string,
  numbers: Partial<ModelRegistration> = {},
): ModelRegistration {
  const defaults = { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 5, responseTimeoutMs: 20_000 };
  return { name, url: `${archive}.mar`, ...defaults, ...numbers };
}

/** What every {@link ManagedModelServer} must do. `create` gives one without models; it is called once. */
export function describeModelServer(name: string, create: () => Promise<ModelServerUnderTest>): void {
  describe(`${name} as a ModelServer`, { timeout: testTimeoutMs }, () => {
    let server: ManagedModelServer;
    let dispose: () => Promise<void> = () => Promise.resolve();
    const patience = (): AbortSignal => AbortSignal.timeout(testTimeoutMs);

    const register = (model: string, archive: keyof typeof handlers, numbers?: Partial<ModelRegistration>) =>
      server.repository.register(modelRegistration(model, archive, numbers), patience());

    const infer = (model: string, input: readonly InputField[] | string, options: Partial<InferenceOptions> = {}) =>
      server.inference.infer(model, typeof input === 'string' ? [bodyOf(input)] : input, {
        requestId: 'request-1',
        headers: {},
        timeoutMs: testTimeoutMs,
        signal: patience(),
        ...options,
      });

    beforeAll(async () => {
      const created = await create();
      ({ server } = created);
      dispose = () => created.dispose();
      for (const [archive, handler] of Object.entries(handlers)) {
        await writeModelArchive(created.modelStore, archive, handler);
      }
    }, 120_000);

    afterAll(() => dispose());

    it('is healthy', async () => {
      expect(await server.inference.isHealthy(patience())).toBe(true);
    });

    describe('registering', () => {
      it('serves a model the moment it is registered', async () => {
        await register('new__upper', 'upper');
        expect(text(await infer('new__upper', 'hello'))).toBe('HELLO');
      });

      it('describes a model with its numbers, both of the workers among them', async () => {
        await register('described', 'upper', { minWorkers: 2, maxWorkers: 3, batchSize: 4, maxBatchDelay: 7 });
        const description = await server.repository.describe('described', patience());
        expect(description).toMatchObject({
          name: 'described',
          url: 'upper.mar',
          minWorkers: 2,
          maxWorkers: 3,
          batchSize: 4,
          maxBatchDelay: 7,
        });
        expect(description?.readyWorkers).toBeGreaterThanOrEqual(2);
      });

      it('starts a worker for a model with a minimum of none', async () => {
        await register('no-minimum', 'upper', { minWorkers: 0, maxWorkers: 1 });
        expect((await server.repository.describe('no-minimum', patience()))?.readyWorkers).toBe(1);
        expect(text(await infer('no-minimum', 'hello'))).toBe('HELLO');
      });

      it('keeps a model that is registered again as it is', async () => {
        await register('kept', 'process');
        const before = text(await infer('kept', ''));
        await register('kept', 'process');
        expect(text(await infer('kept', ''))).toBe(before);
      });

      it('replaces a model whose configuration differs', async () => {
        await register('replaced', 'upper');
        await register('replaced', 'rev', { batchSize: 2 });
        expect(await server.repository.describe('replaced', patience())).toMatchObject({
          url: 'rev.mar',
          batchSize: 2,
        });
        expect(text(await infer('replaced', 'hello'))).toBe('olleh');
      });

      it('refuses an archive that is not there and leaves nothing behind', async () => {
        const missing = { ...modelRegistration('absent', 'absent'), url: 'absent.mar' };
        await expect(server.repository.register(missing, patience())).rejects.toMatchObject({ code: 'modelRejected' });
        expect(await server.repository.describe('absent', patience())).toBeUndefined();
      });

      it('refuses a handler that cannot be imported and leaves nothing behind', async () => {
        await expect(register('broken', 'needs-missing-module')).rejects.toMatchObject({
          code: expect.stringMatching(/^modelRejected$|^modelServerRefused$/),
          message: expect.stringMatching(/module_that_is_not_there|broken/),
        });
        expect(await server.repository.describe('broken', patience())).toBeUndefined();
        expect(await server.repository.list(patience())).not.toContain('broken');
      });

      it('registers the same model once when asked twice at once', async () => {
        await Promise.all([register('twice', 'upper'), register('twice', 'upper')]);
        expect(text(await infer('twice', 'hello'))).toBe('HELLO');
        expect((await server.repository.list(patience())).filter((model) => model === 'twice')).toHaveLength(1);
      });
    });

    describe('managing', () => {
      it('forgets a model that is unregistered, and does not mind a second time', async () => {
        await register('gone', 'upper');
        await server.repository.unregister('gone', patience());
        await server.repository.unregister('gone', patience());
        expect(await server.repository.describe('gone', patience())).toBeUndefined();
        await expect(infer('gone', 'hello')).rejects.toMatchObject({
          code: 'modelMissing',
        });
      });

      it('serves a model that is registered again after it was unregistered', async () => {
        await register('back', 'upper');
        await server.repository.unregister('back', patience());
        await register('back', 'upper');
        expect(text(await infer('back', 'hello'))).toBe('HELLO');
      });

      it('describes no model that is not there', async () => {
        expect(await server.repository.describe('never-registered', patience())).toBeUndefined();
      });

      it('scales the workers up and down', async () => {
        await register('scaled', 'upper');
        const readyWorkers = async (): Promise<number | undefined> =>
          (await server.repository.describe('scaled', patience()))?.readyWorkers;
        await server.repository.scale('scaled', { minWorkers: 2, maxWorkers: 2 }, patience());
        await expect.poll(readyWorkers, { timeout: 20_000 }).toBe(2);
        await server.repository.scale('scaled', { minWorkers: 1, maxWorkers: 1 }, patience());
        await expect.poll(readyWorkers, { timeout: 20_000 }).toBe(1);
        expect(await server.repository.describe('scaled', patience())).toMatchObject({ minWorkers: 1, maxWorkers: 1 });
      });

      it('lists the models by name', async () => {
        await Promise.all([register('listed-1', 'upper'), register('listed-2', 'rev')]);
        expect(await server.repository.list(patience())).toEqual(expect.arrayContaining(['listed-1', 'listed-2']));
      });
    });

    describe('inferring', () => {
      const inferred: readonly (keyof typeof handlers)[] = ['types', 'size', 'echo', 'slow', 'raises', 'predexc'];
      beforeAll(() => Promise.all(inferred.map((archive) => register(archive, archive))), testTimeoutMs);

      const fieldsSeen = async (...input: InputField[]): Promise<unknown> =>
        (JSON.parse(text(await infer('types', input))) as { fields: unknown }).fields;

      it('shows a body without a content type as a bytearray', async () => {
        expect(await fieldsSeen({ name: 'body', value: Buffer.from([0, 255, 13, 10]) })).toEqual({
          body: ['bytearray', '00ff0d0a'],
        });
      });

      it.each([
        ['application/json', '{"a": [1, null]}', ['dict', { a: [1, null] }]],
        ['application/json; charset=utf-8', '[1]', ['list', [1]]],
        ['text/plain; charset=utf-8', 'grüße', ['str', 'grüße']],
        ['application/octet-stream', 'ab', ['bytearray', '6162']],
        ['image/png', 'ab', ['bytearray', '6162']],
      ])('shows a body of type %s as Python would have it', async (contentType, value, seen) => {
        const input = { name: 'body', value: Buffer.from(value), contentType };
        expect(await fieldsSeen(input)).toEqual({ body: seen });
      });

      it('shows several fields under their names, each by its own content type', async () => {
        const seen = await fieldsSeen(
          { name: 'left', value: Buffer.from([1, 0, 2]) },
          { name: 'right.node-2', value: Buffer.from('{"b": 1}'), contentType: 'application/json' },
          { name: 'body', value: Buffer.from('text'), contentType: 'text/plain' },
        );
        expect(seen).toEqual({
          left: ['bytearray', '010002'],
          'right.node-2': ['dict', { b: 1 }],
          body: ['str', 'text'],
        });
      });

      it('shows a single field of another name under that name', async () => {
        expect(await fieldsSeen({ name: 'only', value: Buffer.from('x') })).toEqual({ only: ['bytearray', '78'] });
      });

      it('shows empty values', async () => {
        const seen = await fieldsSeen({ name: 'a', value: Buffer.alloc(0) }, { name: 'b', value: Buffer.alloc(0) });
        expect(seen).toEqual({ a: ['bytearray', ''], b: ['bytearray', ''] });
      });

      it('shows the id of the request and the headers of the client as it wrote them', async () => {
        const headers = { 'x-tenant': 'blue', 'X-Spelt-So': 'Grün' };
        const answer = await infer('types', 'x', { requestId: 'request-7', headers });
        expect((JSON.parse(text(answer)) as { headers: unknown }).headers).toEqual({
          'x-request-id': 'request-7',
          ...headers,
        });
      });

      it('answers with the very bytes that the handler returned', async () => {
        const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
        const { value } = await infer('echo', [{ name: 'body', value: everyByte }]);
        expect(Buffer.from(value).equals(everyByte)).toBe(true);
      });

      it('answers with JSON when the handler returned a dict', async () => {
        expect(JSON.parse(text(await infer('size', 'abc')))).toEqual({ body: [3, 97 + 98 + 99] });
      });

      it('carries a megabyte there and back', async () => {
        const megabyte = Buffer.alloc(1_000_000, 'abcdefg');
        const { value } = await infer('echo', [{ name: 'body', value: megabyte }]);
        expect(Buffer.from(value).equals(megabyte)).toBe(true);
      });

      it('carries large bodies whole, when the memory of others is released as soon as it may be', async () => {
        const bodies = Array.from({ length: 12 }, (_, index) => Buffer.alloc(300_000 + index * 10_000, `${index}.`));
        await Promise.all(
          bodies.map(async (body, index) => {
            const input = Buffer.from(body);
            const output = await infer('echo', [{ name: 'body', value: input }]);
            releaseOf(input)?.();
            expect(body.equals(output.value), `body ${index}`).toBe(true);
            output.release?.();
          }),
        );
      });

      it('carries a megabyte in each of several fields', async () => {
        const fields = ['a', 'b', 'c'].map((field) => ({ name: field, value: Buffer.alloc(1_000_000, 1) }));
        const seen = [1_000_000, 1_000_000];
        expect(JSON.parse(text(await infer('size', fields)))).toEqual({ a: seen, b: seen, c: seen });
      });

      it('refuses with 404 and the name of a model that is not there', async () => {
        await expect(infer('no-such-model', 'x')).rejects.toMatchObject({
          code: 'modelMissing',
          data: { message: expect.stringContaining('no-such-model') },
        });
      });

      it('refuses when the handler raises', async () => {
        await expect(infer('raises', 'x')).rejects.toMatchObject({
          code: 'modelFailed',
          data: { message: expect.stringMatching(/./) },
        });
      });

      it('refuses with the status and the words of a PredictionException', async () => {
        await expect(infer('predexc', 'x')).rejects.toMatchObject({
          code: 'modelRaised',
          data: { status: 513, message: 'my pred error' },
        });
      });

      it('gives up after the timeout, and serves the next request', async () => {
        await expect(infer('slow', '1', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'modelServerLate' });
        expect(text(await infer('slow', '0'))).toBe('done');
      });

      it('gives up when it is aborted, and serves the next request', async () => {
        const abort = new AbortController();
        const answer = infer('slow', '1', { signal: abort.signal });
        abort.abort(new Error('the client is gone'));
        await expect(answer).rejects.toThrow();
        expect(text(await infer('slow', '0'))).toBe('done');
      });

      it('rejects at once when it is aborted already', async () => {
        await expect(infer('echo', 'x', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow();
      });

      it('runs requests that come together in batches, each with its own answer', async () => {
        await register('batched', 'batch', { batchSize: 4, maxBatchDelay: 200 });
        const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);
        const answers = await Promise.all(texts.map((body) => infer('batched', body)));
        const parsed = answers.map((answer) => JSON.parse(text(answer)) as { text: string; batch: number });
        expect(parsed.map((answer) => answer.text)).toEqual(texts);
        const batches = parsed.map(({ batch }) => batch);
        expect(Math.max(...batches)).toBeGreaterThan(1);
        expect(Math.max(...batches)).toBeLessThanOrEqual(4);
      });
    });
  });
}

function bodyOf(value: string): InputField {
  return { name: 'body', value: Buffer.from(value) };
}

function text({ value }: NodeOutput): string {
  return Buffer.from(value).toString('utf8');
}
