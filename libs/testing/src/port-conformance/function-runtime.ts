import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { type FunctionCallOptions, type FunctionRuntime, type FunctionUnit } from '@torchweave/application';
import type { Manifest, NodeInput, NodeOutput } from '@torchweave/domain';
import { releaseOf } from '@torchweave/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A runtime without units. */
export interface FunctionRuntimeUnderTest {
  readonly runtime: FunctionRuntime;
  dispose(): Promise<void>;
}

/** Writes handler files into folders of their own, as an archive store unpacks them. */
export class FunctionArchives {
  private count = 0;

  private constructor(private readonly root: string) {}

  static async create(): Promise<FunctionArchives> {
    const root = await mkdtemp(join(tmpdir(), 'functions-'));
    // Functions may run as another user.
    await chmod(root, 0o755);
    return new FunctionArchives(root);
  }

  /**
   * A unit of an archive with these files.
   *
   * @param functions names of the functions, comma-separated.
   */
  async unit(functions: string, files: Readonly<Record<string, string>>): Promise<FunctionUnit> {
    this.count += 1;
    const workflow = `flow${this.count}`;
    const directory = join(this.root, workflow);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    await mkdir(directory, { recursive: true });
    const handlerFile = 'h.py';
    return {
      id: `${workflow}@1`,
      workflow,
      manifest: manifestOf(workflow, handlerFile),
      directory,
      handlerFile,
      functions: functions.split(',').map((name) => ({ name, modelName: `${workflow}__${name}` })),
    };
  }

  /** The folder that holds everything; tests may leave files of their own there. */
  get folder(): string {
    return this.root;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

function manifestOf(workflowName: string, handler: string): Manifest {
  return { createdOn: 'now', archiverVersion: '0.2.15', workflow: { workflowName, specFile: 'spec.yaml', handler } };
}

/** Options of a call that nothing disturbs. */
export function callOptions(options: Partial<FunctionCallOptions> = {}): FunctionCallOptions {
  const signal = new AbortController().signal;
  return { requestId: 'request-1', headers: {}, timeoutMs: 20_000, signal, ...options };
}

/** An input of one field, `body`. */
export function bodyInput(value: string | Uint8Array, contentType?: string): NodeInput {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [{ name: 'body', value: bytes, ...(contentType === undefined ? {} : { contentType }) }];
}

const text = ({ value }: NodeOutput): string => Buffer.from(value).toString('utf8');

const echo = `
def same(data, context):
    if data is None:
        return None
    return [data[0]["body"]]
`;

const seen = `
def look(data, context):
    if data is None:
        return None
    def tell(value):
        return value.hex() if isinstance(value, bytearray) else value
    return [[{name: [type(value).__name__, tell(value)] for name, value in row.items()} for row in data]]
`;

const results = `
def same(data, context):
    if data is None:
        return None
    return eval(data[0]["body"])
`;

const failures = `
import os, sys

class Teapot(Exception):
    error_code = 418

def fail(data, context):
    if data is None:
        return None
    how = data[0]["body"]
    if how == "value":
        raise ValueError("bad value")
    if how == "empty":
        raise KeyError()
    if how == "memory":
        raise MemoryError("oom")
    if how == "exit":
        sys.exit(2)
    if how == "interrupt":
        raise KeyboardInterrupt()
    if how == "teapot":
        raise Teapot("short and stout")
    if how == "status":
        from ts.utils.util import PredictionException
        raise PredictionException("my pred error", 513)
    if how == "odd status":
        from ts.utils.util import PredictionException
        raise PredictionException("not an error status", 200)
    if how == "file":
        open(os.path.join(context.system_properties["model_dir"], "nosuch.txt"))
    if how == "gone":
        os._exit(3)
    if how == "segfault":
        os.kill(os.getpid(), 11)
    return ["fine"]
`;

const gates = `
import os, time

def wait(data, context):
    """Creates the file <name>.began, then waits until the file <name>.go is there."""
    if data is None:
        return None
    name = data[0]["body"]
    with open(name + ".began", "a") as began:
        began.write("x")
    while not os.path.exists(name + ".go"):
        time.sleep(0.002)
    return [str(os.path.getsize(name + ".began"))]

def forever(data, context):
    if data is None:
        return None
    while True:
        time.sleep(1)

def pid(data, context):
    if data is None:
        return None
    return [str(os.getpid())]
`;

const contexts = `
import os

def look(data, context):
    if data is None:
        return None
    return [{
        "model": context.model_name,
        "workflow": context.manifest["workflow"]["workflowName"],
        "properties": context.system_properties,
        "directory": os.getcwd(),
        "id": context.get_request_id(),
        "ids": {str(index): id for index, id in context.request_ids.items()},
        "exact": context.get_request_header(0, "X-Tenant"),
        "other case": context.get_request_header(0, "x-tenant"),
        "missing": context.get_request_header(0, "x-nosuch"),
        "all": context.get_all_request_header(0),
    }]

def answer(data, context):
    if data is None:
        return None
    context.set_response_status(418, "teapot", 0)
    context.set_response_content_type(0, "text/csv")
    context.set_response_header(0, "X-Out", "1")
    return ["%s,%s" % context.get_response_status(0)]

def quiet(data, context):
    return None if data is None else ["x"]

def measure(data, context):
    if data is None:
        return None
    metrics = context.metrics
    metrics.add_counter("Calls", 1)
    metrics.add_time("Time", 1.5, None, "ms")
    metrics.add_size("Size", 2, unit="kB")
    metrics.add_percent("Share", 50)
    metrics.add_error("Errors", 1)
    metrics.add_metric("Any", 1, "unit", dimensions=[])
    metrics.add_metric_to_cache("Cached", "unit", [])
    metrics.get_metric("Cached").add_or_update(1, [])
    return ["measured"]
`;

/** What every {@link FunctionRuntime} must do. `createRuntime` gives one without units; it is called once. */
export function describeFunctionRuntime(name: string, createRuntime: () => Promise<FunctionRuntimeUnderTest>): void {
  describe(`${name} as a FunctionRuntime`, () => {
    let under: FunctionRuntimeUnderTest;
    let runtime: FunctionRuntime;
    let archives: FunctionArchives;

    beforeAll(async () => {
      under = await createRuntime();
      runtime = under.runtime;
      archives = await FunctionArchives.create();
    });
    afterAll(async () => {
      await under.dispose();
      await archives.remove();
    });

    /** Loads functions; the result calls one of them. */
    async function load(functions: string, files: Readonly<Record<string, string>> | string) {
      const unit = await archives.unit(functions, typeof files === 'string' ? { 'h.py': files } : files);
      await runtime.load(unit);
      const call = (functionName: string, input: NodeInput, options: Partial<FunctionCallOptions> = {}) =>
        runtime.call(unit.id, functionName, input, callOptions(options));
      const says = async (functionName: string, body: string, options?: Partial<FunctionCallOptions>) =>
        text(await call(functionName, bodyInput(body, 'text/plain'), options));
      return { unit, call, says };
    }

    async function refused(functions: string, files: Readonly<Record<string, string>>) {
      const unit = await archives.unit(functions, files);
      const error = await runtime.load(unit).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'functionLoadFailed', data: { file: 'h.py' } });
      return error as { readonly message: string; readonly data: { readonly functionName: string } };
    }

    describe('loading', () => {
      it('calls every function once with None', async () => {
        const source = `
calls = []
def first(data, context):
    calls.append(["first", data is None])
    return [calls]
def second(data, context):
    calls.append(["second", data is None])
    return None
`;
        const { says } = await load('first,second', source);
        expect(JSON.parse(await says('first', ''))).toEqual([
          ['first', true],
          ['second', true],
          ['first', false],
        ]);
      });

      it('says that the handler file is not in the archive', async () => {
        const error = await refused('pre', { 'spec.yaml': '' });
        expect(error.message).toContain('h.py is not in the archive');
        expect(error.data.functionName).toBe('pre');
      });

      it('names the function that the handler file does not have', async () => {
        const error = await refused('same,nosuch', { 'h.py': echo });
        expect(error.message).toContain('h.py has no function nosuch');
        expect(error.data.functionName).toBe('nosuch');
      });

      it("tells Python's own sentence for what cannot be imported", async () => {
        const missing = await refused('same', { 'h.py': `import module_that_is_not_there\n${echo}` });
        expect(missing.message).toContain("ModuleNotFoundError: No module named 'module_that_is_not_there'");
        const broken = await refused('same', { 'h.py': '\n\ndef same(data, context)\n    return 1\n' });
        expect(broken.message).toMatch(/SyntaxError: .*\(h\.py, line 3\)/);
        const faulty = await refused('same', { 'h.py': `raise RuntimeError("no licence")\n${echo}` });
        expect(faulty.message).toContain('RuntimeError: no licence');
      });

      it('fails when a function raises on None', async () => {
        const error = await refused('same', { 'h.py': 'def same(data, context):\n    return [data[0]]\n' });
        expect(error.message).toContain("TypeError: 'NoneType' object is not subscriptable");
        expect(error.data.functionName).toBe('same');
      });

      it('fails when the process ends while it loads', async () => {
        const error = await refused('same', { 'h.py': `import os\nos._exit(4)\n${echo}` });
        expect(error.message).toContain('exit code 4');
      });

      it('leaves nothing of a failed load that would be in the way of the next', async () => {
        const unit = await archives.unit('same', {});
        await expect(runtime.load(unit)).rejects.toMatchObject({ code: 'functionLoadFailed' });
        await writeFile(join(unit.directory, 'h.py'), echo);
        await runtime.load(unit);
        expect(text(await runtime.call(unit.id, 'same', bodyInput('abc'), callOptions()))).toBe('abc');
      });

      it('lets the handler import its siblings and read files beside it', async () => {
        const { says } = await load('read', {
          'h.py': `
import sibling
def read(data, context):
    return None if data is None else [sibling.prefix + open("words.txt").read()]
`,
          'sibling.py': 'prefix = "the words: "\n',
          'words.txt': 'one two',
        });
        expect(await says('read', '')).toBe('the words: one two');
      });

      it('loads two versions of one workflow side by side', async () => {
        const version = (n: number) =>
          `def tell(data, context):\n    return None if data is None else ["version ${n}"]\n`;
        const one = await archives.unit('tell', { 'h.py': version(1) });
        const two = { ...(await archives.unit('tell', { 'h.py': version(2) })), workflow: one.workflow };
        await Promise.all([runtime.load(one), runtime.load(two)]);
        expect(text(await runtime.call(one.id, 'tell', bodyInput(''), callOptions()))).toBe('version 1');
        expect(text(await runtime.call(two.id, 'tell', bodyInput(''), callOptions()))).toBe('version 2');
      });

      it('loads many units at once', async () => {
        const units = await Promise.all(Array.from({ length: 20 }, () => archives.unit('same', { 'h.py': echo })));
        await Promise.all(units.map((unit) => runtime.load(unit)));
        const answers = units.map((unit) => runtime.call(unit.id, 'same', bodyInput(unit.id), callOptions()));
        expect((await Promise.all(answers)).map(text)).toEqual(units.map((unit) => unit.id));
      });

      it('takes a unit that is loaded already for loaded', async () => {
        const { unit, says } = await load('pid', gates);
        const before = await says('pid', '');
        await runtime.load(unit);
        expect(await says('pid', '')).toBe(before);
      });
    });

    describe('unloading', () => {
      it('refuses calls from then on', async () => {
        const { unit, says } = await load('same', echo);
        await runtime.unload(unit.id);
        await expect(says('same', 'abc')).rejects.toMatchObject({ code: 'nodeFailed', data: { node: 'same' } });
      });

      it('lets calls under way end', async () => {
        const { unit, says } = await load('wait', gates);
        const gate = join(archives.folder, 'unload');
        const call = says('wait', gate);
        const unloaded = runtime.unload(unit.id);
        await writeFile(`${gate}.go`, '');
        expect(await call).toBe('1');
        await unloaded;
      });

      it('is no error for a unit that is not there', async () => {
        await runtime.unload('nosuch');
      });
    });

    describe('what a function receives', () => {
      it.each([
        ['no content type', 'abc', undefined, ['bytearray', '616263']],
        ['octet-stream', 'abc', 'application/octet-stream', ['bytearray', '616263']],
        ['text', 'café', 'text/plain; charset=utf-8', ['str', 'café']],
        ['text that is not UTF-8', new Uint8Array([0xff]), 'text/plain', ['bytearray', 'ff']],
        ['JSON', '{"a": [1, null]}', 'application/json', ['dict', { a: [1, null] }]],
        ['JSON with a charset', '[1]', 'application/json; charset=utf-8', ['list', [1]]],
        ['broken JSON', '{"a":', 'application/json', ['bytearray', '7b2261223a']],
        ['nothing', '', undefined, ['bytearray', '']],
      ])('%s', async (_, value, contentType, expected) => {
        const { call } = await load('look', seen);
        expect(JSON.parse(text(await call('look', bodyInput(value, contentType))))).toEqual([{ body: expected }]);
      });

      it('every field by its name', async () => {
        const { call } = await load('look', seen);
        const field = (name: string, value: string) => ({ name, value: Buffer.from(value) });
        const output = await call('look', [field('one', 'a'), field('zwei', 'b')]);
        expect(JSON.parse(text(output))).toEqual([{ one: ['bytearray', '61'], zwei: ['bytearray', '62'] }]);
      });

      it('a bytearray of its own, which it may change', async () => {
        const source = `
def change(data, context):
    if data is None:
        return None
    data[0]["body"] += b"!"
    return [data[0]["body"]]
`;
        const { call } = await load('change', source);
        const body = bodyInput('abc');
        expect(text(await call('change', body))).toBe('abc!');
        expect(text(await call('change', body))).toBe('abc!');
      });

      it('large values whole, in order, beside small ones', async () => {
        const source = `
import zlib
def sums(data, context):
    return None if data is None else [{name: [len(value), zlib.crc32(value)] for name, value in data[0].items()}]
def both(data, context):
    return None if data is None else [data[0]["a"] + data[0]["b"]]
`;
        const { call } = await load('sums,both', source);
        const a = Buffer.alloc(1_500_000, 'abcdefg');
        const b = Buffer.alloc(1_500_000, 'hijkl');
        const field = (name: string, value: Buffer) => ({ name, value });
        const input = [field('a', a), field('small', Buffer.from('x')), field('b', b), field('end', Buffer.from('y'))];
        const answers = await Promise.all([call('both', input), call('sums', input), call('both', input)]);
        expect(Buffer.compare(Buffer.from(answers[0].value), Buffer.concat([a, b]))).toBe(0);
        expect(Buffer.compare(Buffer.from(answers[2].value), Buffer.concat([a, b]))).toBe(0);
        const sums = JSON.parse(text(answers[1])) as Record<string, [number, number]>;
        expect(Object.entries(sums).map(([key, [length]]) => [key, length])).toEqual([
          ['a', 1_500_000],
          ['small', 1],
          ['b', 1_500_000],
          ['end', 1],
        ]);
      });

      it('large values whole, when the memory of others is released as soon as it may be', async () => {
        const { call } = await load('same', echo);
        const bodies = Array.from({ length: 30 }, (_, index) => Buffer.alloc(300_000 + index * 10_000, `${index}.`));
        await Promise.all(
          bodies.map(async (body, index) => {
            const input = Buffer.from(body);
            const output = await call('same', bodyInput(input));
            releaseOf(input)?.();
            expect(body.equals(output.value), `body ${index}`).toBe(true);
            output.release?.();
            expect(output.value.byteLength).toBe(0);
          }),
        );
      });

      it('the context of its node and of the request', async () => {
        const { unit, call } = await load('look', contexts);
        const headers = { 'X-Tenant': 'acme', host: 'here' };
        const output = await call('look', bodyInput('{}', 'application/json'), { requestId: 'r-17', headers });
        const seen = JSON.parse(text(output)) as { directory: string };
        // A copy of its own, to write to: the archive's folder is shared.
        expect(seen.directory).not.toBe(unit.directory);
        expect(seen).toMatchObject({
          model: `${unit.workflow}__look`,
          workflow: unit.workflow,
          properties: { model_dir: seen.directory, gpu_id: null, batch_size: 1, server_name: 'MMS' },
          id: 'r-17',
          ids: { 0: 'r-17' },
          exact: 'acme',
          'other case': 'acme',
          missing: null,
          all: { body: { 'content-type': 'application/json' }, 'X-Tenant': 'acme', host: 'here' },
        });
      });

      it('metrics that take whatever it measures', async () => {
        const { says } = await load('measure', contexts);
        expect(await says('measure', '')).toBe('measured');
      });
    });

    describe('what a function returns', () => {
      it.each([
        ['a str', '["sé"]', 'sé'],
        ['bytes', '[b"ab"]', 'ab'],
        ['a bytearray', '[bytearray(b"ba")]', 'ba'],
        ['an int', '[5]', '5'],
        ['a float', '[1.5]', '1.5'],
        ['a bool', '[True]', 'true'],
        ['None in the list', '[None]', 'null'],
        ['a dict', '[{"a": 1, "b": [1, 2]}]', '{\n  "a": 1,\n  "b": [\n    1,\n    2\n  ]\n}'],
        ['a list', '[[1]]', '[\n  1\n]'],
        ['an empty str', '[""]', ''],
      ])('%s', async (_, expression, expected) => {
        const { says } = await load('same', results);
        expect(await says('same', expression)).toBe(expected);
      });

      it('content type and headers, by lower-case names, and no status', async () => {
        const { call } = await load('answer,quiet', contexts);
        const output = await call('answer', bodyInput(''));
        expect(text(output)).toBe('418,teapot');
        expect(output).toMatchObject({ contentType: 'text/csv', headers: { 'x-out': '1' } });
        const quiet = await call('quiet', bodyInput(''));
        expect([quiet.contentType, quiet.headers]).toEqual([undefined, undefined]);
      });

      it.each([
        ['None', 'None', 'Invalid model predict output'],
        ['a str without a list', '"plain"', 'Invalid model predict output'],
        ['a dict without a list', '{"a": 1}', 'Invalid model predict output'],
        ['a tuple', '("x",)', 'Invalid model predict output'],
        ['an empty list', '[]', 'number of batch response mismatched'],
        ['two elements', '["a", "b"]', 'number of batch response mismatched'],
        ['what JSON cannot tell', '[object()]', 'Unsupported model output data type'],
      ])('%s is a failure', async (_, expression, reason) => {
        const { says } = await load('same', results);
        await expect(says('same', expression)).rejects.toMatchObject({
          code: 'nodeFailed',
          data: { node: 'same', attempts: 1, reason: expect.stringMatching(`^${reason}: `) },
        });
      });
    });

    describe('a function that fails', () => {
      it.each([
        ['value', 'ValueError: bad value'],
        ['empty', 'KeyError'],
        ['memory', 'MemoryError: oom'],
        ['exit', 'SystemExit: 2'],
        ['interrupt', 'KeyboardInterrupt'],
        ['file', "FileNotFoundError: [Errno 2] No such file or directory: 'nosuch.txt'"],
        ['odd status', 'PredictionException: not an error status : 200'],
      ])('by an exception (%s) fails its call and no other', async (how, reason) => {
        const { says } = await load('fail', failures);
        const calls = ['', how, ''].map((body) => says('fail', body));
        await expect(calls[1]).rejects.toMatchObject({
          code: 'nodeFailed',
          data: { node: 'fail', attempts: 1, reason },
        });
        expect(await Promise.all([calls[0], calls[2]])).toEqual(['fine', 'fine']);
      });

      it.each([
        ['status', 513, 'my pred error'],
        ['teapot', 418, 'short and stout'],
      ])('by an exception that carries a status (%s) chooses the answer', async (how, status, message) => {
        const { says } = await load('fail', failures);
        await expect(says('fail', how)).rejects.toMatchObject({
          code: 'nodeRaised',
          status,
          message,
          data: { node: 'fail', status, message },
        });
      });

      it.each([
        ['gone', /exit code 3/],
        ['segfault', /SIGSEGV/],
      ])('by the end of its process (%s) fails its call, and the calls behind it are done', async (how, reason) => {
        const { says } = await load('fail', failures);
        const calls = ['', how, '', '', ''].map((body) => says('fail', body));
        const [before, failed, ...behind] = await Promise.allSettled(calls);
        expect(failed).toMatchObject({ reason: { code: 'nodeFailed' } });
        expect(failed).toHaveProperty('reason.data.reason', expect.stringMatching(reason));
        expect([before, ...behind].map((result) => result?.status)).toEqual(Array<string>(4).fill('fulfilled'));
        expect(await says('fail', '')).toBe('fine');
      });
    });

    describe('deadlines and cancellation', () => {
      it('rejects a call that outlives its deadline and replaces the process that is stuck in it', async () => {
        const { says } = await load('forever,pid', gates);
        const before = await says('pid', '');
        await expect(says('forever', '', { timeoutMs: 200 })).rejects.toMatchObject({
          code: 'nodeFailed',
          data: { node: 'forever', reason: 'no answer within 200 ms' },
        });
        expect(await says('pid', '')).not.toBe(before);
      });

      it('does the calls that waited behind a stuck one', async () => {
        const { says } = await load('forever,pid', gates);
        const stuck = says('forever', '', { timeoutMs: 300 });
        const behind = Array.from({ length: 5 }, () => says('pid', ''));
        await expect(stuck).rejects.toMatchObject({ code: 'nodeFailed' });
        for (const pid of await Promise.all(behind)) expect(Number(pid)).toBeGreaterThan(0);
      });

      it('rejects at once when the signal is aborted, with its reason', async () => {
        const { says } = await load('wait', gates);
        const gate = join(archives.folder, 'abort');
        const controller = new AbortController();
        const call = says('wait', gate, { signal: controller.signal });
        controller.abort(new Error('the client is gone'));
        await expect(call).rejects.toMatchObject({ code: 'nodeFailed', cause: { message: 'the client is gone' } });
        await writeFile(`${gate}.go`, '');
        expect(await says('wait', gate)).toMatch(/^[12]$/);
      });

      it('does not run a call whose signal is aborted already', async () => {
        const { says } = await load('wait', gates);
        const gate = join(archives.folder, 'aborted');
        await writeFile(`${gate}.go`, '');
        await expect(says('wait', gate, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'nodeFailed' });
        expect(await says('wait', gate)).toBe('1');
      });
    });

    it('does many calls at once and gives each its own answer', async () => {
      const { says } = await load('same', echo);
      const bodies = Array.from({ length: 500 }, (_, index) => `body ${index}`);
      expect(await Promise.all(bodies.map((body) => says('same', body)))).toEqual(bodies);
    });

    it('refuses a function that was not loaded', async () => {
      const { says } = await load('same', echo);
      await expect(says('nosuch', '')).rejects.toMatchObject({ code: 'nodeFailed', data: { node: 'nosuch' } });
    });
  });
}
