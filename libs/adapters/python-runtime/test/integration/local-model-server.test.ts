import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  silentLogger,
  type InferenceOptions,
  type ModelArchive,
  type ModelRegistration,
} from '@torchweave/application';
import { describeMarServer, modelRegistration } from '@torchweave/testing/port-conformance/mar-models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalModelServer, scrubbedEnvironment, type LocalModelServerOptions } from '../../src/index.js';
import { packModel, packZip, testFolders } from './model-archives.js';
import { RecordingLogger } from './recording-logger.js';

type Folders = Awaited<ReturnType<typeof testFolders>>;

const environment = scrubbedEnvironment(process.env);

const serverIn = (folders: Folders, options: Partial<LocalModelServerOptions> = {}): LocalModelServer =>
  new LocalModelServer({ logger: silentLogger, serverVersion: 'test', environment, ...folders, ...options });

describeMarServer('LocalModelServer', async () => {
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
/** A handler that answers one word. */
const says = (word: string): string =>
  `def handle(data, context):\n    return None if data is None else [${JSON.stringify(word)} for _ in data]\n`;

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

    const service = (word: string): string =>
      `    def initialize(self, context):\n        pass\n    def handle(self, data, context):\n        return ["${word}"]\n`;

    it('as a module of a package, which imports its siblings', async () => {
      const files = {
        'pack/__init__.py': '',
        'pack/word.py': 'WORD = "a sibling"\n',
        'pack/mod.py': `from .word import WORD\n${handler.replace('"a function"', 'WORD')}`,
      };
      expect(await answerOf('by-package', { handler: 'pack.mod:handle' }, files)).toBe('a sibling');
    });

    it('as a class that the manifest names', async () => {
      const files = { 'h.py': `class A:\n${service('A')}class B:\n${service('B')}` };
      expect(await answerOf('by-class-name', { handler: 'h.py:B' }, files)).toBe('B');
    });

    it('as the only class of several that is a handler', async () => {
      const files = { 'h.py': `class Net:\n    def forward(self): pass\nclass Service:\n${service('the service')}` };
      expect(await answerOf('by-method', { handler: 'h.py' }, files)).toBe('the service');
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
        code: 'modelRejected',
        data: { endpoint: 'local', message },
      });
    });

    it.each<[string, Record<string, string>, string | RegExp]>([
      ['an archive without a manifest', { 'h.py': '' }, 'broken.mar: MAR-INF/MANIFEST.json is missing.'],
      ['a manifest without a handler', withManifest({}, {}), /names no model.handler/],
      ['a handler outside of the archive', withManifest({ handler: '../h.py' }, {}), /outside of the archive/],
      ['a handler file that is missing', withManifest({ handler: 'h.py' }, {}), /h\.py is not in the archive/],
      [
        "TorchServe's own handlers",
        withManifest({ handler: 'image_classifier' }, {}),
        /image_classifier is not in the archive. If it is one of TorchServe's own, serve the model with TorchServe/,
      ],
      [
        'what is not installed, in the words of Python',
        withManifest({ handler: 'h.py' }, { 'h.py': 'import not_installed_here\n' }),
        "Failed to start workers for model broken: ModuleNotFoundError: No module named 'not_installed_here'",
      ],
      [
        'a file with neither a function nor one class',
        withManifest({ handler: 'h.py' }, { 'h.py': 'class A: pass\nclass B: pass\n' }),
        /Expected only one class in custom service code or a function entry point handle: there are 2 classes/,
      ],
      [
        'a file with two handlers, by their names',
        withManifest(
          { handler: 'h.py' },
          { 'h.py': 'class A:\n  def handle(self, d, c): pass\n  def initialize(self, c): pass\nclass B(A): pass\n' },
        ),
        /there are 2 classes \(A, B\)\. Name the one to use in the manifest, handler\.py:CLASS/,
      ],
      [
        'a handler whose initialization fails',
        withManifest(
          { handler: 'h.py' },
          { 'h.py': 'def handle(data, context):\n    raise ValueError("no weights")\n' },
        ),
        /its initialization raised ValueError: no weights/,
      ],
    ])('%s', async (_, files, message) => {
      expect(await refusal('broken', files)).toMatchObject({
        code: 'modelRejected',
        data: { message: typeof message === 'string' ? message : expect.stringMatching(message) },
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

  describe('a model that was fetched from its URL', () => {
    const fetched = (file: string, digest: string): ModelArchive => ({
      digest,
      read: () => Promise.resolve({ bytes: 0, content: createReadStream(join(folders.modelStore, file)) }),
    });
    const remote = (archive: ModelArchive): ModelRegistration => ({
      ...modelRegistration('remote', 'x'),
      url: 'http://here/faulty.mar',
      archive,
    });

    it('is what was fetched, whatever the store has under that name', async () => {
      await packModel(join(folders.modelStore, 'other.mar'), { handler: 'h.py' }, { 'h.py': says('other') });
      await server.register(remote(fetched('other.mar', 'd1')), patience());
      expect(await infer('remote', 'x')).toBe('other');
      expect(await server.describe('remote', patience())).toMatchObject({ url: 'http://here/faulty.mar' });
    });

    it('is replaced when it is registered anew with other content', async () => {
      await packModel(join(folders.modelStore, 'newer.mar'), { handler: 'h.py' }, { 'h.py': says('newer') });
      await server.register(remote(fetched('newer.mar', 'd2')), patience());
      expect(await infer('remote', 'x')).toBe('newer');
    });

    it('is not found without what was fetched', async () => {
      const registering = server.register({ ...modelRegistration('url', 'x'), url: 'http://here/x.mar' }, patience());
      await expect(registering).rejects.toMatchObject({ code: 'modelRejected' });
    });
  });

  describe('finds in its store', () => {
    beforeAll(async () => {
      await packModel(join(folders.modelStore, 'found.mar'), { handler: 'h.py' }, { 'h.py': says('found') });
      const folder = join(folders.modelStore, 'folder');
      await mkdir(join(folder, 'MAR-INF'), { recursive: true });
      await mkdir(join(folder, 'deep'));
      await writeFile(join(folder, 'MAR-INF', 'MANIFEST.json'), JSON.stringify({ model: { handler: 'h.py' } }));
      await writeFile(join(folder, 'deep', 'word.txt'), 'found');
      await symlink('deep/word.txt', join(folder, 'word.txt'));
      await writeFile(
        join(folder, 'h.py'),
        'def handle(data, context):\n    return None if data is None else [open("word.txt").read()]\n',
      );
    });

    it.each([
      ['a name', () => 'found.mar'],
      ['a name with ./ before it', () => './found.mar'],
      ['an absolute path', () => join(folders.modelStore, 'found.mar')],
      ['a folder that was not archived', () => 'folder'],
      ['such a folder by its path', () => join(folders.modelStore, 'folder')],
    ])('%s', async (_, url) => {
      await server.register({ ...modelRegistration('stored', 'x'), url: url() }, patience());
      expect(await infer('stored', 'x')).toBe('found');
      await server.unregister('stored', patience());
    });

    it.each([
      ['a path elsewhere', () => '/etc/hostname'],
      ['a path to the store itself', () => folders.modelStore],
      ['a subfolder', () => 'folder/h.py'],
      ['a folder that is no model', () => 'folder/deep'],
      ['a way out', () => '../store/found.mar'],
      [
        'a way out behind the store',
        () => join(folders.modelStore, '..', 'store', 'found.mar').replace('store', '../store'),
      ],
      ['nothing', () => './'],
    ])('but not %s', async (_, url) => {
      const registering = server.register({ ...modelRegistration('stored', 'x'), url: url() }, patience());
      await expect(registering).rejects.toMatchObject({ code: 'modelRejected' });
    });

    it('but no folder with a link that leads out', async () => {
      const folder = join(folders.modelStore, 'leading-out');
      await mkdir(join(folder, 'MAR-INF'), { recursive: true });
      await writeFile(join(folder, 'MAR-INF', 'MANIFEST.json'), JSON.stringify({ model: { handler: 'h.py' } }));
      await symlink('/etc/hostname', join(folder, 'h.py'));
      const registering = server.register({ ...modelRegistration('stored', 'x'), url: 'leading-out' }, patience());
      await expect(registering).rejects.toMatchObject({
        code: 'modelRejected',
        data: { message: /a link in it leads out/ },
      });
    });
  });

  describe('gives each model a folder', () => {
    const owner = `
import os
class Handler:
    def initialize(self, context):
        path = os.path.join(context.system_properties["model_dir"], "owner.txt")
        if not os.path.exists(path):
            with open(path, "w") as file:
                file.write(context.model_name)
        with open("working-folder.txt", "w") as file:
            file.write("x")
        self.owner = open(path).read()
    def handle(self, data, context):
        return [self.owner for _ in data]
`;
    const left = async (): Promise<string[]> => {
      const roots = await readdir(folders.modelFolders);
      return (await Promise.all(roots.map((root) => readdir(join(folders.modelFolders, root))))).flat();
    };

    beforeAll(() => packModel(join(folders.modelStore, 'owner.mar'), { handler: 'h.py' }, { 'h.py': owner }));

    it('of its own, to write to, which goes with it', async () => {
      const before = await left();
      await register('first', 'owner');
      await register('second', 'owner');
      expect(await Promise.all([infer('first', 'x'), infer('second', 'x')])).toEqual(['first', 'second']);
      await server.unregister('first', patience());
      await server.unregister('second', patience());
      expect(await left()).toEqual(before);
      await register('third', 'owner');
      expect(await infer('third', 'x')).toBe('third');
      await server.unregister('third', patience());
    });

    it('that goes when the model does not load', async () => {
      const before = await left();
      await packModel(join(folders.modelStore, 'bad.mar'), { handler: 'h.py' }, { 'h.py': 'import not_there\n' });
      await expect(register('bad', 'bad')).rejects.toThrow('not_there');
      await packModel(join(folders.modelStore, 'bad.mar'), {}, { 'h.py': '' });
      await expect(register('bad', 'bad')).rejects.toThrow('names no model.handler');
      expect(await left()).toEqual(before);
    });

    it('and keeps no archive beside it', async () => {
      await register('packed', 'owner');
      expect(await folders.archives.list()).toEqual([]);
      await server.unregister('packed', patience());
    });

    it('and removes what a server that was killed has left', async () => {
      const parent = join(folders.modelFolders, 'killed');
      // No process has this number: it is above the largest.
      await mkdir(join(parent, '4194305-x', 'model'), { recursive: true });
      const next = serverIn(folders, { modelFolders: parent });
      await next.register(modelRegistration('new', 'owner'), patience());
      expect(await readdir(parent)).toEqual([expect.stringMatching(`^${process.pid}-`)]);
      await next.close();
      expect(await readdir(parent)).toEqual([]);
    });
  });

  describe('has no more processes than it may', () => {
    it.each([
      [3, true],
      [4, false],
    ])('in all: %i at once are taken: %s', async (minWorkers, isTaken) => {
      const small = serverIn(folders, { maxProcesses: 4 });
      try {
        await small.register(modelRegistration('one', 'faulty'), patience());
        const registering = small.register(modelRegistration('more', 'faulty', { minWorkers }), patience());
        if (isTaken) await registering;
        else {
          await expect(registering).rejects.toMatchObject({
            code: 'modelServerFull',
            data: {
              message: /asks for 4 processes .+ others? models have 1 of the 4 .+ max_model_processes/,
            },
          });
        }
        expect(await small.list(patience())).toEqual(isTaken ? ['one', 'more'] : ['one']);
        // What was refused or has gone has taken nothing.
        await small.unregister('more', patience());
        await small.register(modelRegistration('rest', 'faulty', { minWorkers: 3 }), patience());
      } finally {
        await small.close();
      }
    });

    it('whatever number was stored before there was a bound', async () => {
      const minWorkers = 2_147_483_647;
      const registering = server.register(modelRegistration('huge', 'faulty', { minWorkers }), patience());
      await expect(registering).rejects.toMatchObject({ code: 'modelServerFull' });
    });

    it('also where one is busy and may have more', async () => {
      const small = serverIn(folders, { maxProcesses: 1 });
      try {
        await small.register(modelRegistration('gated', 'gated', { maxWorkers: 5 }), patience());
        const file = join(folders.modelStore, 'bounded.go');
        const input = [{ name: 'body', value: Buffer.from(file), contentType: 'text/plain' }];
        const options = { requestId: 'r', headers: {}, timeoutMs: 20_000, signal: patience() };
        const waiting = Array.from({ length: 3 }, () => small.infer('gated', input, options));
        await writeFile(file, '');
        const pids = (await Promise.all(waiting)).map(({ value }) => Buffer.from(value).toString());
        expect(new Set(pids).size).toBe(1);
      } finally {
        await small.close();
      }
    });
  });

  describe("tells failures by TorchServe's status and words", () => {
    beforeAll(() => register('faulty', 'faulty', { responseTimeoutMs: 500 }));

    it.each([
      ['value', 'modelFailed', '503', 'Prediction failed'],
      ['memory', 'modelServerRefused', '507', 'Out of resources'],
      ['cuda', 'modelServerRefused', '507', 'Out of resources'],
      [
        'short',
        'modelFailed',
        '503',
        'number of batch response mismatched: it returned a list of 0 elements for 1 request; it must return a list of one ' +
          'element for each request, here 1',
      ],
      [
        'no list',
        'modelFailed',
        '503',
        'Invalid model predict output: it returned a str for 1 request; it must return a list of one element for each ' +
          'request, here 1',
      ],
      [
        'object',
        'modelFailed',
        '503',
        'Unsupported model output data type: an object cannot be JSON; return dict, list, str, int, float, bool or None',
      ],
      ['exit', 'modelServerRefused', '500', 'Worker died.'],
      ['forever', 'modelServerRefused', '500', 'Worker died.'],
      ['status', 'modelMissing', '404', 'no such animal'],
    ])('%s', async (how, code, answered, message) => {
      await expect(infer('faulty', how)).rejects.toMatchObject({
        code,
        data: { endpoint: 'local', answered, message },
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
      ['refuses one of them', 'refuse', 'modelRaised', { status: 422, message: 'not with words of 1' }],
      ['raises at one of them', 'raise', 'modelFailed', { answered: '503', message: 'Prediction failed' }],
      [
        'returns for one of them what is no answer',
        'object',
        'modelFailed',
        { answered: '503', message: expect.stringMatching(/^Unsupp/) },
      ],
      ['dies of one of them', 'exit', 'modelServerRefused', { answered: '500', message: 'Worker died.' }],
      [
        'does not return from one of them',
        'forever',
        'modelServerRefused',
        { answered: '500', message: 'Worker died.' },
      ],
    ])('when the handler %s: the others are answered, and hear nothing of it', async (_, how, code, data) => {
      const sizes = join(folders.modelStore, `${how}.sizes`);
      await register(how, 'together', { batchSize: 3, maxBatchDelay: 5_000, responseTimeoutMs: 1_000 });
      const hows = ['good', how, 'good'];
      const answers = await Promise.allSettled(hows.map((each, i) => infer(how, `${sizes} ${each} words of ${i}`)));
      expect(answers[1]).toMatchObject({ status: 'rejected', reason: { code, data } });
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
        code: 'overloaded',
        message: 'Too many requests that wait for the model full (limit 3). Try again.',
        data: { retryAfterSeconds: 1 },
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
      await expect(infer('none', '')).rejects.toMatchObject({ code: 'modelBusy', data: { answered: '503' } });
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
        await expect(registering).rejects.toThrow(
          /No module named 'torchweave_tiny'\. Its requirements\.txt was not installed: set install_py_dep_per_model=true/,
        );
        expect(await logger.event(/^the requirements of the model are not installed/)).toMatchObject({ level: 'warn' });
      } finally {
        await plain.close();
      }
    });

    it('are installed into an environment of its own', async () => {
      const environmentFolder = join(folders.modelStore, '..', 'environments');
      const installing = serverIn(folders, { installRequirements: true, environmentFolder });
      try {
        await installing.register(modelRegistration('needy', 'needy'), patience());
        const options = { requestId: 'r', headers: {}, timeoutMs: 20_000, signal: patience() };
        const { value } = await installing.infer('needy', [], options);
        expect(Buffer.from(value).toString()).toBe('from a wheel');
        expect(await readdir(environmentFolder)).toHaveLength(1);
        await installing.unregister('needy', patience());
        expect(await readdir(environmentFolder)).toEqual([]);
      } finally {
        await installing.close();
      }
    }, 120_000);
  });
});
