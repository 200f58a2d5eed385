import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gone, isAlive, withUnit, type LoadedUnit } from './loaded-unit.js';

/** Starts three daemons, one below the other, each in a session of its own; the first's parents have ended. */
const source = `
import os, signal, subprocess, time

def daemon(path, depth):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.setsid()
    os.environ.clear()
    with open(path + ".part", "a") as pids:
        pids.write("%d " % os.getpid())
    if depth:
        daemon(path, depth - 1)
    else:
        os.rename(path + ".part", path)
    os.closerange(0, 64)
    time.sleep(1000)
    os._exit(0)

def start(data, context):
    """The body names the file of their numbers, and says what comes then."""
    if data is None:
        return None
    path, then = data[0]["body"].split()
    daemon(path, 2)
    while not os.path.exists(path):
        time.sleep(0.002)
    if then == "stay":
        time.sleep(1000)
    if then == "supervisor":
        os.kill(os.getppid(), signal.SIGKILL)
    if then == "stop":
        os.kill(os.getppid(), signal.SIGSTOP)
        time.sleep(1000)
    if then == "group":
        os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)
    return [str(os.getpid())]

def background(data, context):
    """Has a shell leave something behind that the function goes on to use."""
    if data is None:
        return None
    return [subprocess.run("sleep 1000 >/dev/null 2>&1 & echo $!", shell=True, capture_output=True, text=True).stdout.strip()]

def pid(data, context):
    return None if data is None else [str(os.getpid())]

def die(data, context):
    if data is not None:
        os._exit(1)
`;
const functions = 'start,background,pid,die';

async function started({ call, directory }: LoadedUnit, then: string, timeoutMs = 20_000): Promise<number[]> {
  const file = join(directory, `pids-${then}`);
  await call('start', `${file} ${then}`, { timeoutMs }).catch(() => undefined);
  const pids = (await readFile(file, 'utf8')).trim().split(' ').map(Number);
  expect(pids).toHaveLength(3);
  return pids;
}

describe.skipIf(process.platform !== 'linux')('what a function has started in sessions of its own', () => {
  it('ends with its process, when that is killed for its deadline', async () => {
    await withUnit(functions, source, async (unit) => gone(...(await started(unit, 'stay', 700))));
  });

  it('ends with its process, when the unit is unloaded', async () => {
    await withUnit(functions, source, async (unit) => {
      const pids = await started(unit, 'return');
      expect(pids.filter(isAlive)).toEqual(pids);
      await unit.runtime.unload(unit.unitId);
      await gone(...pids);
    });
  });

  it('has ended when the runtime has closed', async () => {
    await withUnit(functions, source, async (unit) => {
      const pids = await started(unit, 'return');
      await unit.runtime.close();
      expect(pids.filter(isAlive)).toEqual([]);
    });
  });

  it.each(['supervisor', 'group'])('ends when it kills the %s, and all goes on', async (whom) => {
    await withUnit(functions, source, async (unit) => {
      const pids = await started(unit, whom);
      await gone(...pids);
      await expect.poll(() => unit.call('pid').catch(() => ''), { timeout: 10_000 }).toMatch(/^\d+$/);
    });
  });

  it('ends when it stops the supervisor and goes on for ever', async () => {
    await withUnit(functions, source, async (unit) => {
      const pids = await started(unit, 'stop', 700);
      await gone(...pids);
      await expect.poll(() => unit.call('pid').catch(() => ''), { timeout: 10_000 }).toMatch(/^\d+$/);
    });
  });

  it('stays while its process lives, whatever ends beside it', async () => {
    await withUnit(
      functions,
      source,
      async (unit) => {
        const { runtime, call, directory } = unit;
        const other = { workflow: 'other', handlerFile: 'h.py', functions: [{ name: 'die', modelName: 'die' }] };
        const manifest = { createdOn: '', archiverVersion: '', workflow: { workflowName: 'other', specFile: '' } };
        await runtime.load({ id: 'other', ...other, directory, manifest });
        const left = Number(await call('background'));
        const killed = runtime.call('other', 'die', [{ name: 'body', value: Buffer.alloc(0) }], {
          ...{ requestId: 'r', headers: {}, timeoutMs: 10_000, signal: new AbortController().signal },
        });
        await expect(killed).rejects.toMatchObject({ code: 'nodeFailed' });
        await call('pid');
        expect(isAlive(left)).toBe(true);
        await expect(call('die')).rejects.toMatchObject({ code: 'nodeFailed' });
        await gone(left);
      },
      { maxProcessesPerUnit: 1 },
    );
  });
});

describe('what a function leaves in its folder', () => {
  const deep = `
import os

def f(data, context):
    if data is None:
        return None
    os.chdir(os.environ["TMPDIR"])
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.mkdir("closed", 0)
    open("file", "w").close()
    os._exit(1)
`;

  it('goes with its process, however deep it is', async () => {
    const socketDirectory = await mkdtemp(join(tmpdir(), 'sockets-'));
    const folders = (): string[] =>
      readdirSync(socketDirectory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/d'));
    await withUnit(
      'f',
      deep,
      async ({ call }) => {
        await expect(call('f')).rejects.toMatchObject({ code: 'nodeFailed' });
        await expect.poll(folders, { timeout: 10_000 }).toEqual([]);
      },
      { socketDirectory },
    );
    expect(readdirSync(socketDirectory)).toEqual([]);
    await rm(socketDirectory, { recursive: true });
  });

  it('goes with a close that comes at once', async () => {
    const socketDirectory = await mkdtemp(join(tmpdir(), 'sockets-'));
    await withUnit('f', deep, async ({ call }) => void (await call('f').catch(() => undefined)), { socketDirectory });
    expect(readdirSync(socketDirectory)).toEqual([]);
    await rm(socketDirectory, { recursive: true });
  });
});

/** A folder that goes with the test. */
async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'descendants-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe('a process that ends though nobody asks it anything', () => {
  const ends = (sign: string): string => `
import os, threading

if os.path.exists(${JSON.stringify(sign)}):
    threading.Timer(0.01, lambda: os._exit(3)).start()

def pid(data, context):
    return None if data is None else [str(os.getpid())]

def die(data, context):
    if data is not None:
        os._exit(1)
`;

  it('is started later and later, which the log is told once and the status counts, until one answers', async () => {
    const file = join(await folderOfTest(), 'end');
    await withUnit('pid,die', ends(file), async ({ call, runtime, logger }) => {
      await writeFile(file, '');
      await expect(call('die')).rejects.toMatchObject({ code: 'nodeFailed' });
      const failures = (): number => runtime.processes[0]?.failures ?? 0;
      await expect.poll(failures, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
      const told = () =>
        logger.events.filter(({ message }) => message.startsWith('a Python process could not be replaced'));
      expect(told()).toHaveLength(1);
      expect(told()[0]?.data).toMatchObject({ reason: 'the Python process ended with exit code 3', retryInMs: 100 });
      expect(runtime.processes[0]?.restarts.died).toBeGreaterThanOrEqual(4);
      await rm(file);
      await expect.poll(() => call('pid').catch(() => ''), { timeout: 10_000 }).toMatch(/^\d+$/);
      expect(failures()).toBe(0);
      await logger.event('Python processes stay and answer again');
    });
  });
});

describe('a process that somebody kills while it loads', () => {
  const killed = (times: number, log: string): string => `
import os, signal

with open(${JSON.stringify(log)}, "a") as loads:
    loads.write("x")
if os.path.getsize(${JSON.stringify(log)}) <= ${times}:
    os.kill(os.getpid(), signal.SIGKILL)

def f(data, context):
    return None if data is None else ["loaded"]
`;

  it('is started again', async () => {
    const log = join(await folderOfTest(), 'loads');
    await withUnit('f', killed(2, log), async ({ call }) => {
      expect(await call('f')).toBe('loaded');
      expect(readFileSync(log, 'utf8')).toBe('xxx');
    });
  });

  it('time and again is not called the fault of the archive', async () => {
    const log = join(await folderOfTest(), 'loads');
    await expect(withUnit('f', killed(3, log), () => Promise.resolve())).rejects.toMatchObject({
      code: 'functionProcessLost',
      status: 503,
      data: { functionName: 'f', reason: 'the Python process was killed by SIGKILL' },
    });
  });

  it.each([
    ['os._exit(3)', 'the Python process ended with exit code 3'],
    ['os.abort()', 'the Python process was killed by SIGABRT'],
  ])('is at fault when it ends itself: %s', async (end, reason) => {
    const load = withUnit('f', `import os\n${end}\n`, () => Promise.resolve());
    await expect(load).rejects.toMatchObject({ code: 'functionLoadFailed', data: { reason } });
  });
});
