import { modelRegistration } from '@torchweave/testing/port-conformance/mar-models';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfinementError, LocalModelServer, PythonFunctionRuntime, scrubbedEnvironment } from '../../src/index.js';
import { withUnit } from './loaded-unit.js';
import { packModel, testFolders } from './model-archives.js';
import { RecordingLogger } from './recording-logger.js';

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;
const environment = scrubbedEnvironment(process.env);
const needsRoot = isRoot ? '' : ' (skipped: only root can test it)';

/** One that every user may run: what is on the PATH may lie in the home of root. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

const greedy = `
import json, os, signal, socket, tempfile, time

def body(data):
    return data[0]["body"]

def pid(data, context):
    return None if data is None else [str(os.getpid())]

def fill(data, context):
    """Takes memory until there is none."""
    if data is None:
        return None
    blocks = []
    while True:
        blocks.append(bytearray(10_000_000))

def open_files(data, context):
    if data is None:
        return None
    files = []
    while True:
        files.append(open(os.devnull))

def burn(data, context):
    """Uses seconds of CPU time."""
    if data is None:
        return None
    end = time.process_time() + float(body(data))
    while time.process_time() < end:
        pass
    return [str(os.getpid())]

def fork_on(data, context):
    """Forks until it may not."""
    if data is None:
        return None
    children = []
    try:
        for _ in range(int(body(data))):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
        return ["it may fork as it likes"]
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

def connect(data, context):
    if data is None:
        return None
    with socket.create_connection(("127.0.0.1", int(body(data))), timeout=5):
        return ["connected"]

def who(data, context):
    if data is None:
        return None
    ids = {"uids": os.getresuid(), "gids": os.getresgid(), "groups": os.getgroups()}
    return [json.dumps({**ids, "home": os.environ["HOME"], "user": os.environ["USER"]})]

def read(data, context):
    if data is None:
        return None
    with open(body(data)) as file:
        return [file.read()]

def scratch(data, context):
    """Leaves a file behind, where temporary ones go."""
    if data is None:
        return None
    descriptor, path = tempfile.mkstemp()
    os.write(descriptor, b"left")
    return [path]

def privileges(data, context):
    if data is None:
        return None
    with open("/proc/self/status") as status:
        return [line.split()[1] for line in status if line.startswith("NoNewPrivs:")]

def close_all(data, context):
    """Closes its connections and everything else."""
    if data is not None:
        os.closerange(0, 100)
        time.sleep(1000)
`;
const functions = 'pid,fill,open_files,burn,fork_on,connect,who,read,scratch,privileges,close_all';

/** Lends the port of a listener on the loopback address. */
async function withListener(test: (port: string) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await test(String((server.address() as AddressInfo).port));
  } finally {
    server.close();
  }
}

describe.skipIf(!isLinux)('a function that takes all it can get', () => {
  const used = (limits: object, name: string, body: string, reason: unknown): Promise<void> =>
    withUnit(
      functions,
      greedy,
      async ({ call }) => {
        await expect(call(name, body)).rejects.toMatchObject({ code: 'nodeFailed', data: { reason } });
        expect(Number(await call('pid'))).toBeGreaterThan(0);
      },
      { limits },
    );

  it('fails with a sentence when it has filled its memory, and the next call works', () =>
    used({ addressSpaceBytes: 500_000_000 }, 'fill', '', 'MemoryError: the process may not use more memory'));

  it('fails with a sentence when it has opened too many files, and the next call works', () =>
    used({ openFiles: 40 }, 'open_files', '', expect.stringMatching(/Too many open files/)));

  it('fails with a sentence when it has used up its CPU time, and the next call works', () =>
    used({ cpuSeconds: 2 }, 'burn', '60', 'the Python process has used up its CPU time'));

  it('is replaced between two calls before the sum of many uses up its CPU time', async () => {
    await withUnit(
      functions,
      greedy,
      async ({ call }) => {
        const pids: string[] = [];
        for (let i = 0; i < 6; i += 1) pids.push(await call('burn', '0.6'));
        expect(new Set(pids).size).toBe(3);
      },
      { limits: { cpuSeconds: 2 }, maxProcessesPerUnit: 1 },
    );
  });

  it('fails when it closes its connections, and the next call works', () =>
    used({}, 'close_all', '', expect.stringMatching(/^the Python process (was|ended)/)));

  it.skipIf(!isRoot)(`cannot fork without end${needsRoot}`, async () => {
    await withUnit(
      functions,
      greedy,
      async ({ call }) => {
        const reason = expect.stringMatching(/^BlockingIOError: .*temporarily unavailable/) as string;
        await expect(call('fork_on', '500')).rejects.toMatchObject({ data: { reason } });
        expect(Number(await call('pid'))).toBeGreaterThan(0);
      },
      { limits: { processes: 100 }, python, confinement: { user: 'nobody' } },
    );
  });
});

describe.skipIf(!isLinux)('what function processes must not have', () => {
  it('new privileges: never', async () => {
    await withUnit(functions, greedy, async ({ call }) => {
      expect(await call('privileges')).toBe('1');
    });
  });

  it('a folder that others write to: each process has one of its own, which goes with it', async () => {
    await withUnit(functions, greedy, async ({ call }) => {
      const left = await call('scratch');
      expect(existsSync(left)).toBe(true);
      await expect(call('close_all')).rejects.toMatchObject({ code: 'nodeFailed' });
      const other = await call('scratch');
      expect(join(other, '..')).not.toBe(join(left, '..'));
      await expect.poll(() => existsSync(join(left, '..'))).toBe(false);
    });
  });

  it.skipIf(!isRoot)(`the network, where it is to be off: not even a loopback address${needsRoot}`, async () => {
    await withListener(async (port) => {
      await withUnit(functions, greedy, async ({ call }) => {
        expect(await call('connect', port)).toBe('connected');
      });
      await withUnit(
        functions,
        greedy,
        async ({ call }) => {
          const reason = 'OSError: [Errno 101] Network is unreachable';
          await expect(call('connect', port)).rejects.toMatchObject({ data: { reason } });
          expect(Number(await call('pid'))).toBeGreaterThan(0);
        },
        { confinement: { network: 'none' } },
      );
    });
  });

  it.skipIf(!isRoot)(`root's rights, where another user is named${needsRoot}`, async () => {
    await withUnit(
      functions,
      greedy,
      async ({ call, directory }) => {
        const { uids, gids, groups, ...environment } = JSON.parse(await call('who')) as Record<string, number[]>;
        expect([uids, gids].flat()).not.toContain(0);
        expect(groups).not.toContain(0);
        expect(environment).toEqual({ home: expect.stringMatching(/^\//) as string, user: 'nobody' });
        expect(await call('privileges')).toBe('1');
        const secret = join(directory, 'secret');
        await writeFile(secret, 'of root', { mode: 0o600 });
        await expect(call('read', secret)).rejects.toMatchObject({
          data: { reason: expect.stringMatching(/^PermissionError/) as string },
        });
        expect(existsSync(await call('scratch'))).toBe(true);
      },
      { python, confinement: { user: 'nobody', network: 'none' } },
    );
  });

  it.skipIf(!isRoot)(`root's rights, in a model's process either${needsRoot}`, async () => {
    const folders = await testFolders();
    const handler = 'import os\ndef handle(data, context):\n    return data and [str(os.getuid()) for _ in data]\n';
    await packModel(join(folders.modelStore, 'who.mar'), { handler: 'h.py' }, { 'h.py': handler });
    const confinement = { user: 'nobody' };
    const logger = new RecordingLogger();
    const server = new LocalModelServer({
      ...{ python, logger, serverVersion: 'test', environment, confinement },
      // As the composition does: the models' folders are the user's, beside the sockets.
      ...{ modelStore: folders.modelStore, archives: folders.archives },
    });
    const signal = AbortSignal.timeout(60_000);
    try {
      await server.register(modelRegistration('who', 'who'), signal);
      const options = { requestId: 'r', headers: {}, timeoutMs: 20_000, signal };
      const { value } = await server.infer('who', [{ name: 'body', value: Buffer.from('x') }], options);
      expect(Number(Buffer.from(value).toString())).toBeGreaterThan(0);
    } finally {
      await server.close();
      await folders.remove();
    }
  });

  it('a user who is not there: neither the start nor a load goes on without', async () => {
    const confinement = { user: 'nobody-of-this-name' };
    const logger = new RecordingLogger();
    const runtime = new PythonFunctionRuntime({ logger, serverVersion: 'test', environment, confinement });
    try {
      await expect(runtime.start()).rejects.toBeInstanceOf(ConfinementError);
      await expect(runtime.start()).rejects.toMatchObject({
        what: 'user',
        reason: 'there is no user nobody-of-this-name',
      });
    } finally {
      await runtime.close();
    }
    const load = withUnit(functions, greedy, () => Promise.resolve(), { confinement });
    await expect(load).rejects.toMatchObject({
      code: 'functionLoadFailed',
      data: { reason: expect.stringMatching(/there is no user nobody-of-this-name$/) as string },
    });
  });
});
