import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { InferenceOptions, ManagedModelServer, ModelRegistration } from '@torchweave/application';
import type { InputField } from '@torchweave/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { inferenceOptions, patience, suiteTimeoutMs, textOf as text } from './inferring.js';
import { describeModelInference, type Behaviour } from './model-inference.js';
import { describeModelRepository, registrationOf, type ManagedBehaviour } from './model-repository.js';

/** A model server without models that runs `.mar` files, and the folder in which it looks for them. */
export interface MarServerUnderTest {
  readonly server: ManagedModelServer;
  readonly modelStore: string;
  dispose(): Promise<void>;
}

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
  status: `
from ts.utils.util import PredictionException

def handle(data, context):
    if data is None:
        return None
    raise PredictionException("no such animal", int(bytes(data[0]["body"])))
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
export const modelRegistration = (
  name: string,
  archive: string,
  numbers: Partial<ModelRegistration> = {},
): ModelRegistration => registrationOf(name, `${archive}.mar`, numbers);

/** By which handler a model does what a suite asks for. */
const handlerOf: Readonly<Record<Behaviour | ManagedBehaviour, keyof typeof handlers | 'absent'>> = {
  absent: 'absent',
  ...{ upper: 'upper', reverse: 'rev', instance: 'process', broken: 'needs-missing-module' },
  ...{ echo: 'echo', slow: 'slow', fails: 'raises', sizes: 'size' },
};

/** What every model server that runs `.mar` files must do. `create` is called once. */
export function describeMarServer(name: string, create: () => Promise<MarServerUnderTest>): void {
  describe(name, () => {
    let created: Promise<MarServerUnderTest> | undefined;
    const withArchives = async (): Promise<MarServerUnderTest> => {
      const under = await create();
      for (const [archive, handler] of Object.entries(handlers)) {
        await writeModelArchive(under.modelStore, archive, handler);
      }
      return under;
    };
    const under = (): Promise<MarServerUnderTest> => (created ??= withArchives());
    afterAll(async () => (await created)?.dispose());

    describeModelRepository(name, async () => {
      const { server } = await under();
      return { server, urlOf: (behaviour) => `${handlerOf[behaviour]}.mar` };
    });
    describeModelInference(name, async () => {
      const { repository, inference } = (await under()).server;
      const nameOf = async (behaviour: Behaviour): Promise<string> => {
        await repository.register(modelRegistration(behaviour, handlerOf[behaviour]), patience());
        return behaviour;
      };
      return { inference, nameOf };
    });
    describeHandlers(name, async () => (await under()).server);
  });
}

/** What a handler sees of a request, and a client of what it does. */
function describeHandlers(name: string, serverUnderTest: () => Promise<ManagedModelServer>): void {
  describe(`${name} for handlers`, { timeout: suiteTimeoutMs }, () => {
    let server: ManagedModelServer;

    const register = (model: string, archive: keyof typeof handlers, numbers?: Partial<ModelRegistration>) =>
      server.repository.register(modelRegistration(model, archive, numbers), patience());

    const infer = (model: string, input: readonly InputField[] | string, options: Partial<InferenceOptions> = {}) => {
      const fields = typeof input === 'string' ? [{ name: 'body', value: Buffer.from(input) }] : input;
      return server.inference.infer(model, fields, inferenceOptions(options));
    };

    beforeAll(async () => {
      server = await serverUnderTest();
      await Promise.all((['types', 'size', 'predexc', 'status'] as const).map((archive) => register(archive, archive)));
    }, suiteTimeoutMs * 2);

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

    it('answers with JSON when the handler returned a dict', async () => {
      expect(JSON.parse(text(await infer('size', 'abc')))).toEqual({ body: [3, 97 + 98 + 99] });
    });

    it('refuses with the status and the words of a PredictionException', async () => {
      await expect(infer('predexc', 'x')).rejects.toMatchObject({
        code: 'modelRaised',
        data: { status: 513, message: 'my pred error' },
      });
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

    it.each([
      [400, 'modelRaised'],
      [422, 'modelRaised'],
      [513, 'modelRaised'],
      [404, 'modelMissing'],
      [503, 'modelFailed'],
      [408, 'modelServerRefused'],
      [500, 'modelServerRefused'],
      [507, 'modelServerRefused'],
    ] as const)('tells of a PredictionException with %i as %s, in its words', async (status, code) => {
      await expect(infer('status', String(status))).rejects.toMatchObject({ code, message: 'no such animal' });
    });
  });
}
