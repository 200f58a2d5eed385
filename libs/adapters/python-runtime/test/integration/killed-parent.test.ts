import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { superviseScript } from '../../src/python-sources.js';
import { gone } from './loaded-unit.js';

const fixture = fileURLToPath(new URL('./fixtures/parent.mjs', import.meta.url));

/** Writes the pids of its process, a helper in its group, one that has left the group and one below that, then never returns. */
const handler = `
import os, subprocess, time

helper = subprocess.Popen(["sleep", "1000"])
runaway = subprocess.Popen(
    ["sh", "-c", "setsid sleep 1000 & echo $!; exec sleep 1000"], start_new_session=True, stdout=subprocess.PIPE
)
below = int(runaway.stdout.readline())
with open("pids.part", "w") as pids:
    pids.write("%d %d %d %d %d" % (os.getppid(), os.getpid(), helper.pid, runaway.pid, below))
os.rename("pids.part", "pids")

def f(data, context):
    time.sleep(1000)
`;

it('leaves no process and no socket when Torchweave is killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'unit-'));
  const sockets = await mkdtemp(join(tmpdir(), 'sockets-'));
  await writeFile(join(directory, 'h.py'), handler);
  const parent = fork(fixture, [superviseScript, sockets, directory]);
  const file = join(directory, 'pids');
  await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(true);
  const pids = (await readFile(file, 'utf8')).split(' ').map(Number);
  parent.kill('SIGKILL');
  await gone(...pids);
  await expect.poll(() => existsSync(sockets)).toBe(false);
  await rm(directory, { recursive: true });
});
