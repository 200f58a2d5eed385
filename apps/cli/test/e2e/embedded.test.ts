import { Child } from '@torchweave/testing/process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EmbeddedSystem } from './support/embedded.js';
import { heldOutDigits, ownArchivers, packDigits } from './support/pack-digits.js';
import { command } from './support/torchweave.js';
import { fillStores } from './support/write-archives.js';

interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

function processes(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [{ pid: Number(name), state: fields[0] ?? '', parent: Number(fields[1]) }];
      } catch {
        return [];
      }
    });
}

/** The process and all that it has started, directly or not. */
function familyOf(pid: number): number[] {
  const all = processes();
  const family = [pid];
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member).map((child) => child.pid));
  return family;
}

const running = (pids: readonly number[]): number[] =>
  processes()
    .filter(({ pid, state }) => pids.includes(pid) && state !== 'Z')
    .map(({ pid }) => pid);

describe('torchweave start with nothing but Node and Python', () => {
  let system: EmbeddedSystem | undefined;
  afterEach(async () => {
    await system?.dispose();
    system = undefined;
  });

  const register = (url: string): Promise<Response> =>
    fetch(`${system?.management}/workflows?url=${url}`, { method: 'POST' });
  const predict = async (workflow: string): Promise<string> => {
    const headers = { 'content-type': 'text/plain' };
    const response = await fetch(`${system?.inference}/wfpredict/${workflow}`, { method: 'POST', body: 'hi', headers });
    return `${response.status} ${await response.text()}`;
  };

  it('reads at least nine of ten held-out digits', async () => {
    system = await EmbeddedSystem.start();
    packDigits(ownArchivers, system.workflowStore, system.modelStore);
    expect((await register('digits.war')).status).toBe(200);
    let right = 0;
    for (const { picture, digit } of heldOutDigits()) {
      const response = await fetch(`${system.inference}/wfpredict/digits`, { method: 'POST', body: picture });
      if (((await response.json()) as { digit: number }).digit === digit) right += 1;
    }
    expect(right / heldOutDigits().length).toBeGreaterThanOrEqual(0.9);
  });

  it('serves an archive that is nowhere but in the request', async () => {
    system = await EmbeddedSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    const path = join(system.directory, 'elsewhere.war');
    renameSync(join(system.workflowStore, 'chain.war'), path);
    const client = Child.start(process.execPath, [
      ...[command, 'workflow', 'register', path, '--management', system.management],
    ]);
    expect([await client.waitForEnd(), client.output]).toEqual([
      0,
      expect.stringContaining('Workflow chain is registered and served.'),
    ]);
    expect(await predict('chain')).toBe('200 HI');
    const described = await fetch(`${system.management}/workflows/chain`);
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(await described.json()).toMatchObject([{ workflowUrl: `sha256:${digest}` }]);
    // It is the installation's from then on.
    rmSync(path);
    await system.child.end('SIGKILL');
    await vi.waitFor(() => (system as EmbeddedSystem).launch(), { timeout: 20_000 });
    expect(await predict('chain')).toBe('200 HI');
  });

  it('serves everything again after a restart on the same data folder, even after SIGKILL', async () => {
    system = await EmbeddedSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    expect((await register('chain.war')).status).toBe(200);
    await system.child.end('SIGKILL');
    await vi.waitFor(() => (system as EmbeddedSystem).launch(), { timeout: 20_000 });
    expect(await predict('chain')).toBe('200 HI');
  });

  it('leaves no process behind when it is killed', async () => {
    system = await EmbeddedSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    expect((await register('chain.war')).status).toBe(200);
    const family = familyOf(system.child.pid);
    expect(family.length).toBeGreaterThan(4);
    await system.child.end('SIGKILL');
    await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 5_000 });
  });

  it('leaves no process behind when it is stopped, and ends with 0', async () => {
    system = await EmbeddedSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    expect((await register('chain.war')).status).toBe(200);
    const family = familyOf(system.child.pid);
    await system.child.end('SIGINT');
    expect(system.child.exitCode).toBe(0);
    await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 5_000 });
  });

  it('answers what is under way before it ends', async () => {
    system = await EmbeddedSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    expect((await register('slow.war')).status).toBe(200);
    const slow = predict('slow');
    // Answered after the slow request was taken in: connections are accepted in their order.
    await fetch(`${system.inference}/ping`);
    await system.child.end('SIGTERM');
    expect(await slow).toMatch(/^500 .*Error executing slow/s);
    expect(system.child.exitCode).toBe(0);
  });

  it('ends at once on a second Ctrl-C', async () => {
    system = await EmbeddedSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    expect((await register('slow.war')).status).toBe(200);
    const slow = predict('slow').catch(() => 'cut off');
    const family = familyOf(system.child.pid);
    system.child.signal('SIGINT');
    await system.child.waitForOutput(/"msg":"stopping"/);
    system.child.signal('SIGINT');
    expect(await system.child.waitForEnd()).toBe(1);
    await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 5_000 });
    await slow;
  });

  it('registers what load_workflows names before it is ready', async () => {
    system = await EmbeddedSystem.prepare();
    fillStores(system.workflowStore, system.modelStore);
    await system.launch({ 'load-workflows': 'chain.war,mine=fnonly.war,nosuch.war' });
    expect([await predict('chain'), await predict('mine')]).toEqual(['200 HI', '200 hi']);
    expect(system.child.output).toContain(
      'cannot be registered at start: Workflow not found in workflow store: nosuch.war',
    );
  });

  it('has one owner of its data folder', async () => {
    system = await EmbeddedSystem.start();
    const second = system.begin({ 'management-port': '0', 'inference-port': '0' });
    expect(await second.waitForEnd()).toBe(1);
    expect(second.output).toMatch(
      /^torchweave: The data folder .* is used by another torchweave\. Stop that one or give another --data-dir\.$/m,
    );
  });
});

describe('a start that cannot succeed', () => {
  /** Runs to the end: the exit code and the one sentence. */
  async function failing(...args: string[]): Promise<{ code: number | null; output: string }> {
    const system = await EmbeddedSystem.prepare();
    const data = ['--data-dir', `${system.directory}/data`, '--management-port', '0', '--inference-port', '0'];
    system.child = Child.start(process.execPath, [command, 'start', ...data, ...args]);
    const family = familyOf(system.child.pid);
    const code = await system.child.waitForEnd();
    await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 5_000 });
    await system.dispose();
    return { code, output: system.child.output };
  }

  const sentence = (pattern: RegExp) => ({ code: 1, output: expect.stringMatching(pattern) as string });
  const noStack = /\n\s+at /;

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const result = await failing('--inference-port', String(port));
    server.close();
    expect(result).toEqual(
      sentence(new RegExp(`torchweave: Port ${port} of 127\\.0\\.0\\.1 is taken .*--inference-port`)),
    );
    expect(result.output).not.toMatch(noStack);
  });

  it.each([
    ['that Python is missing', ['--python', '/no/python'], /torchweave: .*\/no\/python/],
    [
      'that a store is not there',
      ['--workflow-store', '/no/store'],
      /torchweave: Setting --workflow-store must be a folder that exists, not "\/no\/store"\./,
    ],
    [
      'that Redis refuses',
      ['--redis-url', 'redis://127.0.0.1:1'],
      /torchweave: Redis at redis:\/\/127\.0\.0\.1:1 cannot be used: nothing listens there/,
    ],
    [
      'that functions cannot be confined',
      ['--process-user', 'nobody-of-this-name', '--function-network', 'none'],
      /torchweave: Setting --process-user must be possible here \(there is no user nobody-of-this-name\)/,
    ],
    ['that a setting is wrong', ['--management-port', 'x'], /torchweave: Setting --management-port must be/],
    [
      'that the ts-config is not there',
      ['--ts-config', '/no/file'],
      /torchweave: Setting ts-config must be a readable file/,
    ],
  ])('says %s', async (_, args, pattern) => {
    const result = await failing(...args);
    expect(result).toEqual(sentence(pattern));
    expect(result.output).not.toMatch(noStack);
  });
});
