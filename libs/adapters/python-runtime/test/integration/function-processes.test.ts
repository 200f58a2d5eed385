import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gone, withUnit } from './loaded-unit.js';

const processes = `
import gc, os, random, subprocess, time

def pid(data, context):
    return None if data is None else [str(os.getpid())]

def supervisor(data, context):
    return None if data is None else [str(os.getppid())]

def wait(data, context):
    """Waits until the file named by the body is there."""
    if data is None:
        return None
    while not os.path.exists(data[0]["body"]):
        time.sleep(0.002)
    return [str(os.getpid())]

def begin(data, context):
    """Starts a process of its own, writes its pid to the file named by the body, and never returns."""
    if data is None:
        return None
    helper = subprocess.Popen(["sleep", "1000"])
    with open(data[0]["body"], "w") as pids:
        pids.write("%d %d" % (os.getpid(), helper.pid))
    while True:
        time.sleep(1)

def fork(data, context):
    """Forks and lets the child return as well."""
    if data is None:
        return None
    os.fork()
    return ["answered once"]

def environment(data, context):
    return None if data is None else [dict(os.environ)]

def descriptors(data, context):
    if data is None:
        return None
    names = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            names[number] = os.readlink("/proc/self/fd/" + number)
        except OSError:
            pass
    return [names]

def dice(data, context):
    return None if data is None else [str(random.random())]

def folder(data, context):
    return None if data is None else [os.getcwd()]

def sometimes(data, context):
    """Short, unless the body names a file: then it waits until the file is there."""
    if data is None:
        return None
    name = data[0]["body"]
    if name.startswith("/"):
        while not os.path.exists(name):
            time.sleep(0.002)
    else:
        with open("done", "a") as done:
            done.write(name + " ")
    return [name]

def scribble(data, context):
    """Writes to descriptors that are not its own."""
    if data is None:
        return None
    for number in os.listdir("/dev/fd"):
        if int(number) > 2:
            try:
                os.write(int(number), data[0]["body"].encode())
            except OSError:
                pass
    return ["scribbled"]

def forge(data, context):
    """Answers by itself, and the next call too when the file named by the body is there, without reading what it is sent."""
    if data is None:
        return None
    writer = next(each for each in gc.get_objects() if type(each).__name__ == "FrameWriter")
    writer.ok(1, 0, [(b"", b"")])
    while not os.path.exists(data[0]["body"]):
        time.sleep(0.002)
    writer.ok(2, 0, [(b"", b"")])
    time.sleep(20)

def size(data, context):
    return None if data is None else [str(len(data[0]["body"]))]

def die(data, context):
    if data is not None:
        os._exit(1)

def allocate(data, context):
    return None if data is None else [str(len(bytearray(int(data[0]["body"]))))]
`;

const functions =
  'folder,forge,size,scribble,sometimes,pid,supervisor,wait,begin,fork,environment,descriptors,dice,die,allocate';

describe('the processes of a unit', () => {
  it('are one while calls are short, more while calls wait, and never more than allowed', async () => {
    await withUnit(
      functions,
      processes,
      async ({ call, directory }) => {
        const pids = await Promise.all(Array.from({ length: 50 }, () => call('pid')));
        expect(new Set(pids).size).toBe(1);
        const gate = join(directory, 'gate');
        const waiting = [call('wait', gate), call('wait', gate)];
        // Answered by a third process, while the first two wait.
        expect(await call('pid')).not.toBe('');
        waiting.push(...Array.from({ length: 8 }, () => call('wait', gate)));
        await writeFile(gate, '');
        const used = new Set(await Promise.all(waiting));
        expect(used.size).toBeLessThanOrEqual(3);
      },
      { maxProcessesPerUnit: 3 },
    );
  });

  it('run slow calls side by side', async () => {
    await withUnit(functions, processes, async ({ call, directory }) => {
      const first = join(directory, 'first');
      const second = join(directory, 'second');
      const calls = [call('wait', first), call('wait', second)];
      await writeFile(second, '');
      const later = await calls[1];
      await writeFile(first, '');
      expect(await calls[0]).not.toBe(later);
    });
  });

  it('do not keep calls behind one that is suddenly slow', async () => {
    await withUnit(functions, processes, async ({ call, directory }) => {
      const names = (from: number) => Array.from({ length: 20 }, (_, index) => String(from + index));
      const before = names(100);
      await Promise.all(before.map((name) => call('sometimes', name)));
      const gate = join(directory, 'gate');
      const slow = call('sometimes', gate);
      const behind = names(200);
      expect(await Promise.all(behind.map((name) => call('sometimes', name)))).toEqual(behind);
      await writeFile(gate, '');
      expect(await slow).toBe(gate);
      expect(await call('sometimes', 'last')).toBe('last');
      const done = (await readFile(join(await call('folder'), 'done'), 'utf8')).trim().split(' ');
      expect(done.sort()).toEqual([...before, ...behind, 'last'].sort());
    });
  });

  it('end again when they idle, all but one', async () => {
    await withUnit(
      functions,
      processes,
      async ({ call, directory }) => {
        const gate = join(directory, 'gate');
        const waiting = [call('wait', gate), call('wait', gate)];
        await call('pid');
        await writeFile(gate, '');
        const used = [...new Set(await Promise.all(waiting)), await call('pid')].map(Number);
        await expect
          .poll(async () => {
            const [kept] = await Promise.all([call('pid').then(Number)]);
            return used.filter((pid) => pid !== kept && existsSync(`/proc/${pid}`));
          })
          .toEqual([]);
      },
      { idleProcessMs: 30 },
    );
  });

  it('take what they have started with them, when they outlive a deadline', async () => {
    await withUnit(functions, processes, async ({ call, directory }) => {
      const file = join(directory, 'pids');
      await expect(call('begin', file, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'nodeFailed' });
      await gone(...(await pidsIn(file)));
      expect(Number(await call('pid'))).toBeGreaterThan(0);
    });
  });

  it('answer once, even when a function forks and its copy returns', async () => {
    await withUnit(functions, processes, async ({ call }) => {
      expect(await call('fork')).toBe('answered once');
      expect(await Promise.all([call('fork'), call('fork')])).toEqual(['answered once', 'answered once']);
    });
  });

  it('see a scrubbed environment, or exactly the one that is given', async () => {
    process.env['REDIS_URL'] = 'redis://user:secret@host';
    try {
      await withUnit(functions, processes, async ({ call }) => {
        const seen = JSON.parse(await call('environment')) as Record<string, string>;
        expect(seen).toHaveProperty('PATH');
        expect(seen).not.toHaveProperty('REDIS_URL');
      });
    } finally {
      delete process.env['REDIS_URL'];
    }
    const environment = { PATH: process.env['PATH'] ?? '', MODE: 'quiet' };
    const options = { environment };
    await withUnit(
      functions,
      processes,
      async ({ call }) => expect(JSON.parse(await call('environment'))).toMatchObject({ MODE: 'quiet' }),
      options,
    );
  });

  it.skipIf(process.platform !== 'linux')('hold no descriptors but their own', async () => {
    await withUnit(functions, processes, async ({ call, runtime, directory }) => {
      await runtime.load({
        id: 'other',
        workflow: 'other',
        manifest: { createdOn: '', archiverVersion: '', workflow: { workflowName: 'other', specFile: '' } },
        directory,
        handlerFile: 'h.py',
        functions: [{ name: 'pid', modelName: 'other__pid' }],
      });
      await expect(call('die')).rejects.toMatchObject({ code: 'nodeFailed' });
      const names = JSON.parse(await call('descriptors')) as Record<string, string>;
      const kinds = Object.values(names).map((name) => name.replace(/:.*/, ''));
      // Input, output, errors; the log, requests and answers.
      expect(kinds.sort()).toEqual(['/dev/null', 'pipe', 'pipe', 'socket', 'socket', 'socket']);
    });
  });

  it.each(['junk junk junk junk', '{"event": "exited"}', '[]', '\0'.repeat(20)])(
    'do not hurt others when a function scribbles on the connections: %j',
    async (junk) => {
      await withUnit(functions, processes, async ({ call }) => {
        const supervisor = await call('supervisor');
        await call('scribble', junk, { timeoutMs: 2_000 }).catch(() => undefined);
        expect(await call('supervisor')).toBe(supervisor);
      });
    },
  );

  it('lose a call whose value they answer before they have read it', async () => {
    await withUnit(functions, processes, async ({ call, directory }) => {
      const gate = join(directory, 'gate');
      // Forged, so that the process is believed to be free.
      await call('forge', gate);
      const large = call('size', 'x'.repeat(1_000_000));
      // It may be lost at once.
      const isLost = expect(large).rejects.toMatchObject({ code: 'nodeFailed' });
      await writeFile(gate, '');
      await isLost;
      expect(await call('size', 'x'.repeat(1_000_000))).toBe('1000000');
    });
  });

  it('throw dice of their own', async () => {
    await withUnit(functions, processes, async ({ call }) => {
      const first = await call('dice');
      await expect(call('die')).rejects.toMatchObject({ code: 'nodeFailed' });
      expect(await call('dice')).not.toBe(first);
    });
  });

  it.skipIf(process.platform !== 'linux')('keep to the limits that are set', async () => {
    const limits = { addressSpaceBytes: 500_000_000 };
    await withUnit(
      functions,
      processes,
      async ({ call }) => {
        expect(await call('allocate', '1000000')).toBe('1000000');
        await expect(call('allocate', '1000000000')).rejects.toMatchObject({
          data: { reason: 'MemoryError: the process may not use more memory' },
        });
        expect(await call('allocate', '1000000')).toBe('1000000');
      },
      { limits },
    );
  });
});

describe('what goes wrong around a unit', () => {
  it('inputs and outputs over the limits fail with a sentence that names the limit', async () => {
    await withUnit(
      functions,
      processes,
      async ({ call }) => {
        await expect(call('pid', 'x'.repeat(101))).rejects.toMatchObject({
          data: { reason: 'the input of 101 bytes is larger than max_request_size, 100 bytes' },
        });
        await expect(call('environment')).rejects.toMatchObject({
          data: {
            reason: expect.stringMatching(
              /^the output of \d+ bytes is larger than max_response_size, 10 bytes$/,
            ) as string,
          },
        });
      },
      { maxRequestBytes: 100, maxResponseBytes: 10 },
    );
  });

  it('an interpreter that is not there fails the load and says so', async () => {
    const load = withUnit('pid', processes, () => Promise.resolve(), { python: '/nosuch/python3' });
    await expect(load).rejects.toMatchObject({
      code: 'functionLoadFailed',
      data: { reason: '/nosuch/python3 cannot be started: spawn /nosuch/python3 ENOENT' },
    });
  });

  it('a handler that never finishes loading fails', async () => {
    const source = 'import time\ntime.sleep(1000)\ndef pid(data, context): pass\n';
    const load = withUnit('pid', source, () => Promise.resolve(), { loadTimeoutMs: 200 });
    await expect(load).rejects.toMatchObject({ data: { reason: 'it was not loaded within 200 ms' } });
  });

  it('a process that takes long to load counts under the deadline of the calls that wait for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slow-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const sign = join(folder, 'slow');
    const source = `
import os, time
if os.path.exists(${JSON.stringify(sign)}):
    time.sleep(1000)
${processes}`;
    await withUnit(functions, source, async ({ call }) => {
      await writeFile(sign, '');
      await expect(call('die')).rejects.toMatchObject({ code: 'nodeFailed' });
      const late = { code: 'nodeFailed', data: { reason: 'no answer within 200 ms' } };
      await expect(call('pid', '', { timeoutMs: 200 })).rejects.toMatchObject(late);
    });
  });

  it('a process that cannot be replaced fails calls with the reason, until it can', async () => {
    const source = `
import os
if os.path.exists("broken"):
    raise RuntimeError("the disk is full")
${processes}`;
    await withUnit(functions, source, async ({ call }) => {
      const directory = await call('folder');
      await writeFile(join(directory, 'broken'), '');
      await expect(call('die')).rejects.toMatchObject({ code: 'nodeFailed' });
      await expect(call('pid')).rejects.toMatchObject({ data: { reason: 'RuntimeError: the disk is full' } });
      await rm(join(directory, 'broken'));
      await expect.poll(() => call('pid').catch(() => ''), { timeout: 10_000 }).toMatch(/^\d+$/);
    });
  });

  it('a lost supervisor is started again; only the call that was executing fails', async () => {
    await withUnit(
      functions,
      processes,
      async ({ call, directory }) => {
        const supervisor = Number(await call('supervisor'));
        const file = join(directory, 'pids');
        const executing = call('begin', file);
        const failed = expect(executing).rejects.toMatchObject({ data: { reason: 'the Python process was lost' } });
        const waiting = [call('pid'), call('pid')];
        const [process_, helper] = await pidsIn(file);
        process.kill(supervisor, 'SIGKILL');
        await failed;
        for (const pid of await Promise.all(waiting)) expect(Number(pid)).toBeGreaterThan(0);
        expect(Number(await call('supervisor'))).not.toBe(supervisor);
        await gone(supervisor, process_, helper);
      },
      { maxProcessesPerUnit: 1 },
    );
  });

  it('closing fails what is under way and leaves no process and no file', async () => {
    const socketDirectory = await mkdtemp(join(tmpdir(), 'sockets-'));
    let pids: number[] = [];
    await withUnit(
      functions,
      processes,
      async ({ call, runtime, directory }) => {
        const file = join(directory, 'pids');
        const supervisor = Number(await call('supervisor'));
        const failed = expect(call('begin', file)).rejects.toMatchObject({
          data: { reason: 'the function runtime is closed' },
        });
        pids = [supervisor, ...(await pidsIn(file))];
        await runtime.close();
        await failed;
        await expect(call('pid')).rejects.toMatchObject({ code: 'nodeFailed' });
      },
      { socketDirectory },
    );
    await gone(...pids);
    expect(readdirSync(socketDirectory)).toEqual([]);
    await rm(socketDirectory, { recursive: true });
  });
});

/** The pids that `begin` has written, once they are there. */
async function pidsIn(file: string): Promise<[number, number]> {
  let pids: number[] = [];
  await expect
    .poll(async () => {
      pids = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number);
      return pids.length;
    })
    .toBe(2);
  return [pids[0] ?? 0, pids[1] ?? 0];
}
