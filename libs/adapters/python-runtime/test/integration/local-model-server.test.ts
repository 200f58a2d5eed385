import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, type InferenceOptions, type ModelRegistration } from '@torchweave/application';
import { describeModelServer, modelRegistration } from '@torchweave/testing/port-conformance/model-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalModelServer, scrubbedEnvironment, type LocalModelServerOptions } from '../../src/index.js';
import { packModel, packZip, testFolders } from './model-archives.js';
import { RecordingLogger } from './recording-logger.js';

type Folders = Awaited<ReturnType<typeof testFolders>>;

const environment = scrubbedEnvironment(process.env);

const serverIn = (folders: Folders, options: Partial<LocalModelServerOptions> = {}): LocalModelServer =>
  new LocalModelServer({ logger: silentLogger, serverVersion: 'test', environment, ...folders, ...options });

describeModelServer('LocalModelServer', async () => {
  const folders = await testFolders();
  const server = serverIn(folders);
  const dispose = async (): Promise<void> => {
    await server.close();
    await folders.remove();
  };
  return { server, modelStore: folders.modelStore, dispose };
});

const patience = (): AbortSignal => AbortSignal.timeout(60_000);

const faulty = `
import os, time

def handle(data, context):
    if data is None:
        return None
    how = data[0]["body"]
    if how == "value":
        raise ValueError("secret detail")
    if how == "memory":
        raise MemoryError()
    if how == "cuda":
        raise RuntimeError("CUDA error: out of memory")
    if how == "short":
        return []
    if how == "no list":
        return "x"
    if how == "object":
        return [object()]
    if how == "exit":
        os._exit(1)
    if how == "forever":
        time.sleep(1000)
    if how == "status":
        context.set_response_status(404, "nothing like that", 0)
        return ["no such animal"]
    if how == "typed":
        context.set_response_status(201, "made", 0)
        context.set_response_content_type(0, "text/csv")
        context.set_response_header(0, "X-Out", "1")
        return ["a,b"]
    return [str(os.getpid()) for _ in data]
`;

const gated = `
import os, time

def handle(data, context):
    """Waits until the file named by the body is there."""
    if data is None:
        return None
    while not os.path.exists(data[0]["body"]):
        time.sleep(0.002)
    return [str(os.getpid())]
`;

const together = `
import os, time
from ts.utils.util import PredictionException

def handle(data, context):
    """The first body names the file in which the sizes of batches are counted."""
    if data is None:
        return None
    bodies = [row["body"].split(" ", 2) for row in data]
    with open(bodies[0][0], "a") as sizes:
        sizes.write("%d " % len(data))
    for _, how, words in bodies:
        if how == "refuse":
            raise PredictionException("not with " + words, 422)
        if how == "raise":
            raise ValueError(words)
        if how == "exit":
            os._exit(1)
        if how == "forever":
            time.sleep(1000)
        if how == "one":
            return [words]
    return [object() if how == "object" else words for _, how, words in bodies]
`;

describe('the local model server', () => {
  let folders: Folders;
  let server: LocalModelServer;

  beforeAll(async () => {
    folders = await testFolders();
    server = serverIn(folders, { jobQueueSize: 3, idleWorkerMs: 50 });
    await packModel(join(folders.modelStore, 'faulty.mar'), { handler: 'h.py' }, { 'h.py': faulty });
    await packModel(join(folders.modelStore, 'gated.mar'), { handler: 'h.py' }, { 'h.py': gated });
  });
  afterAll(async () => {
    await server.close();
    await folders.remove();
  });

  const register = (name: string, archive: string, numbers: Partial<ModelRegistration> = {}): Promise<void> =>
    server.register(modelRegistration(name, archive, numbers), patience());

  const infer = async (name: string, body: string, options: Partial<InferenceOptions> = {}): Promise<string> => {
    const input = [{ name: 'body', value: Buffer.from(body), contentType: 'text/plain' }];
    const answer = await server.infer(name, input, {
      requestId: 'request-1',
      headers: {},
      timeoutMs: 20_000,
      signal: patience(),
      ...options,
    });
    return Buffer.from(answer.value).toString('utf8');
  };

  /** Registers a model of these files and calls it. */
  async function answerOf(
    name: string,
    model: Readonly<Record<string, string>>,
    files: Readonly<Record<string, string>>,
  ): Promise<string> {
    await packModel(join(folders.modelStore, `${name}.mar`), model, files);
    await register(name, name);
    return infer(name, 'x');
  }

  describe('finds the handler', () => {
    const handler = 'def handle(data, context):\n    return None if data is None else ["a function"]\n';

    it('by a module name without its ending', async () => {
      expect(await answerOf('by-module', { handler: 'my_handler' }, { 'my_handler.py': handler })).toBe('a function');
    });

    it('by a function name of its own', async () => {
      const files = { 'h.py': handler.replace('handle', 'other').replace('a function', 'another') };
      expect(await answerOf('by-function', { handler: 'h.py:other' }, files)).toBe('another');
    });

    it('as the only class of the file, which it initializes with the context', async () => {
      const source = `
from base import Base

class Service(Base):
    def initialize(self, context):
        model = context.manifest["model"]
        properties = context.system_properties
        with open(properties["model_dir"] + "/" + model["serializedFile"]) as weights:
            self.text = "%s %s %s" % (weights.read(), context.model_name, properties["batch_size"])
`;
      const files = {
        'h.py': source,
        'base.py': 'class Base:\n    def handle(self, data, context):\n        return [self.text for _ in data]\n',
        'weights.bin': 'weights',
      };
      expect(await answerOf('by-class', { handler: 'h.py', serializedFile: 'weights.bin' }, files)).toBe(
        'weights by-class 1',
      );
    });
  });

  describe('refuses to register', () => {
    const refusal = async (name: string, files: Readonly<Record<string, string>>): Promise<unknown> => {
      await packZip(join(folders.modelStore, `${name}.mar`), files);
      return register(name, name).catch((error: unknown) => error);
    };
    const withManifest = (model: object, files: Readonly<Record<string, string>>) => ({
      'MAR-INF/MANIFEST.json': JSON.stringify({ model }),
      ...files,
    });

    it.each([
      ['a file that is not there', 'nosuch.mar', 'Model not found at: nosuch.mar'],
      ['a path that leaves the store', '../faulty.mar', 'Relative path is not allowed in url: ../faulty.mar'],
      ['a path of the machine', '/etc/passwd', 'Model not found at: /etc/passwd'],
      ['a URL, where it cannot fetch any', 'http://here/x.mar', 'Model not found at: http://here/x.mar'],
    ])('%s', async (_, url, message) => {
      const asked = server.register({ ...modelRegistration('refused', 'x'), url }, patience());
      await expect(asked).rejects.toMatchObject({
        code: 'modelServerRefused',
        data: { endpoint: 'local', status: 404, message },
      });
    });

    it.each<[string, Record<string, string>, number, string | RegExp]>([
      ['an archive without a manifest', { 'h.py': '' }, 400, 'broken.mar: MAR-INF/MANIFEST.json is missing.'],
      ['a manifest without a handler', withManifest({}, {}), 400, /names no model.handler/],
      ['a handler outside of the archive', withManifest({ handler: '../h.py' }, {}), 400, /outside of the archive/],
      ['a handler file that is missing', withManifest({ handler: 'h.py' }, {}), 500, /h\.py is not in the archive/],
      [
        "TorchServe's own handlers",
        withManifest({ handler: 'image_classifier' }, {}),
        500,
        /image_classifier is not in the archive. If it is one of TorchServe's own, serve the model with TorchServe/,
      ],
      [
        'what is not installed, in the words of Python',
        withManifest({ handler: 'h.py' }, { 'h.py': 'import not_installed_here\n' }),
        500,
        "Failed to start workers for model broken: ModuleNotFoundError: No module named 'not_installed_here'",
      ],
      [
        'a file with neither a function nor one class',
        withManifest({ handler: 'h.py' }, { 'h.py': 'class A: pass\nclass B: pass\n' }),
        500,
        /Expected only one class in custom service code or a function entry point handle: there are 2 classes/,
      ],
      [
        'a handler whose initialization fails',
        withManifest(
          { handler: 'h.py' },
          { 'h.py': 'def handle(data, context):\n    raise ValueError("no weights")\n' },
        ),
        500,
        /its initialization raised ValueError: no weights/,
      ],
    ])('%s', async (_, files, status, message) => {
      expect(await refusal('broken', files)).toMatchObject({
        code: 'modelServerRefused',
        data: { status, message: typeof message === 'string' ? message : expect.stringMatching(message) },
      });
      expect(await server.list(patience())).not.toContain('broken');
    });

    it('what its caller does not want any more', async () => {
      const source = 'import time\ndef handle(data, context):\n    time.sleep(1000)\n';
      await packModel(join(folders.modelStore, 'endless.mar'), { handler: 'h.py' }, { 'h.py': source });
      const abort = new AbortController();
      const registering = server.register(modelRegistration('endless', 'endless'), abort.signal);
      abort.abort(new Error('the job is taken away'));
      await expect(registering).rejects.toThrow('the job is taken away');
      expect(await server.list(patience())).not.toContain('endless');
    });
  });

  it('fetches a model by URL, where it is told how', async () => {
    const asked: string[] = [];
    const fetching = serverIn(folders, {
      fetchModel: (url) => {
        asked.push(url);
        return Promise.resolve(createReadStream(join(folders.modelStore, 'faulty.mar')));
      },
    });
    try {
      await fetching.register({ ...modelRegistration('remote', 'x'), url: 'http://here/x.mar' }, patience());
      expect(asked).toEqual(['http://here/x.mar']);
      expect(await fetching.describe('remote', patience())).toMatchObject({
        url: 'http://here/x.mar',
        readyWorkers: 1,
      });
    } finally {
      await fetching.close();
    }
  });

  describe("tells failures by TorchServe's status and words", () => {
    beforeAll(() => register('faulty', 'faulty', { responseTimeoutMs: 500 }));

    it.each([
      ['value', 503, 'Prediction failed'],
      ['memory', 507, 'Out of resources'],
      ['cuda', 507, 'Out of resources'],
      [
        'short',
        503,
        'number of batch response mismatched: it returned a list of 0 elements for 1 request; it must return a list of one ' +
          'element for each request, here 1',
      ],
      [
        'no list',
        503,
        'Invalid model predict output: it returned a str for 1 request; it must return a list of one element for each ' +
          'request, here 1',
      ],
      [
        'object',
        503,
        'Unsupported model output data type: an object cannot be JSON; return dict, list, str, int, float, bool or None',
      ],
      ['exit', 500, 'Worker died.'],
      ['forever', 500, 'Worker died.'],
      ['status', 404, 'no such animal'],
    ])('%s', async (how, status, message) => {
      await expect(infer('faulty', how)).rejects.toMatchObject({
        code: 'modelServerRefused',
        data: { endpoint: 'local', status, message },
      });
      expect(await infer('faulty', '')).toMatch(/^\d+$/);
    });

    it('and passes content type and headers on', async () => {
      const input = [{ name: 'body', value: Buffer.from('typed'), contentType: 'text/plain' }];
      const options = { requestId: 'r', headers: {}, timeoutMs: 20_000, signal: patience() };
      const { value, ...rest } = await server.infer('faulty', input, options);
      expect(Buffer.from(value).toString()).toBe('a,b');
      expect(rest).toMatchObject({ contentType: 'text/csv', headers: { 'x-out': '1' } });
    });
  });

  describe('runs each request of a batch that failed once more, alone', () => {
    beforeAll(() => packModel(join(folders.modelStore, 'together.mar'), { handler: 'h.py' }, { 'h.py': together }));

    it.each([
      ['refuses one of them', 'refuse', { status: 422, message: 'not with words of 1' }],
      ['raises at one of them', 'raise', { status: 503, message: 'Prediction failed' }],
      [
        'returns for one of them what is no answer',
        'object',
        { status: 503, message: expect.stringMatching(/^Unsupp/) },
      ],
      ['dies of one of them', 'exit', { status: 500, message: 'Worker died.' }],
      ['does not return from one of them', 'forever', { status: 500, message: 'Worker died.' }],
    ])('when the handler %s: the others are answered, and hear nothing of it', async (_, how, data) => {
      const sizes = join(folders.modelStore, `${how}.sizes`);
      await register(how, 'together', { batchSize: 3, maxBatchDelay: 5_000, responseTimeoutMs: 1_000 });
      const hows = ['good', how, 'good'];
      const answers = await Promise.allSettled(hows.map((each, i) => infer(how, `${sizes} ${each} words of ${i}`)));
      expect(answers[1]).toMatchObject({ status: 'rejected', reason: { code: 'modelServerRefused', data } });
      expect(answers.filter((_answer, i) => i !== 1)).toEqual(
        [0, 2].map((i) => ({ status: 'fulfilled', value: `words of ${i}` })),
      );
      expect(await readFile(sizes, 'utf8')).toBe('3 1 1 1 ');
    });

    it('and no more than that, when the handler cannot do any of them', async () => {
      const sizes = join(folders.modelStore, 'all.sizes');
      await register('all', 'together', { batchSize: 3, maxBatchDelay: 5_000 });
      const answers = await Promise.allSettled([0, 1, 2].map((i) => infer('all', `${sizes} refuse words of ${i}`)));
      expect(answers).toMatchObject(
        [0, 1, 2].map((i) => ({ reason: { data: { status: 422, message: `not with words of ${i}` } } })),
      );
      expect(await readFile(sizes, 'utf8')).toBe('3 1 1 1 ');
    });

    it('so that one which answers a single request, whatever it is asked, works', async () => {
      const sizes = join(folders.modelStore, 'one.sizes');
      await register('one', 'together', { batchSize: 2, maxBatchDelay: 5_000 });
      expect(await Promise.all([0, 1].map((i) => infer('one', `${sizes} one words of ${i}`)))).toEqual([
        'words of 0',
        'words of 1',
      ]);
      expect(await readFile(sizes, 'utf8')).toBe('2 1 1 ');
    });

    it('and batches what comes after them', async () => {
      const sizes = join(folders.modelStore, 'after.sizes');
      await register('after', 'together', { batchSize: 2, maxBatchDelay: 5_000 });
      await Promise.allSettled([0, 1].map((i) => infer('after', `${sizes} raise ${i}`)));
      expect(await Promise.all(['a', 'b'].map((words) => infer('after', `${sizes} good ${words}`)))).toEqual([
        'a',
        'b',
      ]);
      expect(await readFile(sizes, 'utf8')).toBe('2 1 1 2 ');
    });
  });

  describe('under load', () => {
    const gate = (name: string): string => join(folders.modelStore, name);

    it('refuses what does not fit into the queue', async () => {
      await register('full', 'gated');
      // One executes, three wait.
      const inside = Array.from({ length: 4 }, () => infer('full', gate('full.go')));
      await expect(infer('full', gate('full.go'))).rejects.toMatchObject({
        code: 'modelServerRefused',
        data: {
          status: 503,
          message:
            'Model "full" has no worker to serve inference request. Please use scale workers API to add workers.',
        },
      });
      await writeFile(gate('full.go'), '');
      expect(new Set(await Promise.all(inside)).size).toBe(1);
    });

    it('starts workers up to the maximum while requests wait, and ends them when they idle', async () => {
      await register('growing', 'gated', { minWorkers: 1, maxWorkers: 2 });
      const readyWorkers = async (): Promise<number | undefined> =>
        (await server.describe('growing', patience()))?.readyWorkers;
      const waiting = Array.from({ length: 3 }, () => infer('growing', gate('growing.go')));
      await expect.poll(readyWorkers).toBe(2);
      await writeFile(gate('growing.go'), '');
      await Promise.all(waiting);
      await expect.poll(readyWorkers).toBe(1);
    });

    it('has no worker when it is scaled down to none, until it is scaled up', async () => {
      await register('none', 'faulty');
      await server.scale('none', { minWorkers: 0, maxWorkers: 0 }, patience());
      await expect(infer('none', '')).rejects.toMatchObject({ data: { status: 503 } });
      expect(await server.describe('none', patience())).toMatchObject({ maxWorkers: 0, readyWorkers: 0 });
      await server.scale('none', { minWorkers: 1, maxWorkers: 1 }, patience());
      expect(await infer('none', '')).toMatch(/^\d+$/);
    });

    it('replaces a worker that has died with its batch, and serves what waits', async () => {
      await register('dying', 'faulty');
      const [dead, ...others] = await Promise.allSettled(['exit', '', ''].map((how) => infer('dying', how)));
      expect(dead?.status).toBe('rejected');
      expect(others.map((other) => other.status)).toEqual(['fulfilled', 'fulfilled']);
    });
  });

  it('is not healthy without Python', async () => {
    const without = serverIn(folders, { python: '/nosuch/python3' });
    expect(await without.isHealthy(patience())).toBe(false);
    await without.close();
  });

  describe('requirements of a model', () => {
    const wheel = 'torchweave_tiny-1.0-py3-none-any.whl';
    const files = {
      'h.py':
        'import torchweave_tiny\ndef handle(data, context):\n    return None if data is None else [torchweave_tiny.word]\n',
      'requirements.txt': `./${wheel}\n`,
    };
    const model = { handler: 'h.py', requirementsFile: 'requirements.txt' };

    beforeAll(async () => {
      const info = 'torchweave_tiny-1.0.dist-info';
      const built = join(folders.modelStore, wheel);
      await packZip(built, {
        'torchweave_tiny.py': 'word = "from a wheel"\n',
        [`${info}/METADATA`]: 'Metadata-Version: 2.1\nName: torchweave-tiny\nVersion: 1.0\n',
        [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
        [`${info}/RECORD`]: '',
      });
      const content = { ...files, [wheel]: await readFile(built) };
      await packModel(join(folders.modelStore, 'needy.mar'), model, content);
    });

    it('are left alone, with a word in the log, unless installing is allowed', async () => {
      const logger = new RecordingLogger();
      const plain = serverIn(folders, { logger });
      try {
        const registering = plain.register(modelRegistration('needy', 'needy'), patience());
        await expect(registering).rejects.toThrow("No module named 'torchweave_tiny'");
        expect(await logger.event(/^the requirements of the model are not installed/)).toMatchObject({ level: 'warn' });
      } finally {
        await plain.close();
      }
    });

    it('are installed into an environment of its own', async () => {
      const installing = serverIn(folders, { installRequirements: true });
      try {
        await installing.register(modelRegistration('needy', 'needy'), patience());
        const options = { requestId: 'r', headers: {}, timeoutMs: 20_000, signal: patience() };
        const { value } = await installing.infer('needy', [], options);
        expect(Buffer.from(value).toString()).toBe('from a wheel');
      } finally {
        await installing.close();
      }
    }, 120_000);
  });
});
