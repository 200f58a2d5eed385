import { Child, freePort } from '@torchweave/testing/process';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './support/torchweave.js';

const readme = readFileSync(fileURLToPath(new URL('../../../../README.md', import.meta.url)), 'utf8');
const chapter = /\n## Your own workflow\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
/** What is to be pasted, in its order. */
const blocks = [...chapter.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);

/** What is printed of a request in the chapter, by its greeting. */
const answer = (greeting: string): object => ({ text: `${greeting}, Ada`, letters: 3 });
const answersIn = (text: string): unknown[] => [...text.matchAll(/\{[^}]*\}/g)].map(([json]) => JSON.parse(json));

describe('the chapter "Your own workflow" of the README, as pasted', () => {
  const home = mkdtempSync(join(tmpdir(), 'torchweave-own-workflow-'));
  const folder = join(home, 'greet');
  const ports = { management: 0, inference: 0, dev: 0 };
  let server: Child | undefined;

  const environment = (): Record<string, string> => ({
    PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`,
    TORCHWEAVE_MANAGEMENT: `http://127.0.0.1:${ports.management}`,
    TORCHWEAVE_INFERENCE: `http://127.0.0.1:${ports.inference}`,
  });
  const paste = (block: string | undefined, cwd = folder): string =>
    execFileSync('bash', ['-e'], {
      input: block ?? '',
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...environment() },
    });
  const start = (line: string, cwd: string): Child =>
    Child.start('bash', ['-c', `exec ${line}`], { cwd, env: environment() });

  beforeAll(async () => {
    for (const name of ['management', 'inference', 'dev'] as const) ports[name] = await freePort();
    mkdirSync(join(home, 'bin'));
    symlinkSync(command, join(home, 'bin', 'torchweave'));
  });
  afterAll(async () => {
    await server?.end();
    rmSync(home, { recursive: true, force: true });
  });

  it('makes a folder that runs without a server', () => {
    expect(blocks).toHaveLength(5);
    paste(blocks[0], home);
    expect(answersIn(paste(blocks[1]))).toEqual([answer('Hello')]);
  }, 60_000);

  it('serves it while it is written', async () => {
    expect(blocks[2]).toMatch(/^torchweave dev [^\n]*\n$/);
    const dev = start(`${blocks[2]?.trim()} --port ${ports.dev}`, folder);
    try {
      await dev.waitForOutput(/ \/wfpredict\/greet 200 [\s\S]*"text": "Hello, Ada"/);
      const source = readFileSync(join(folder, 'greet.py'), 'utf8');
      writeFileSync(join(folder, 'greet.py'), source.replace('Hello', 'Hi'));
      await dev.waitForOutput(/"text": "Hi, Ada"/);
      writeFileSync(join(folder, 'greet.py'), source);
      await dev.waitForOutput(/version 3 serves/);
    } finally {
      await dev.end('SIGINT');
    }
    expect(dev.exitCode).toBe(0);
  }, 120_000);

  it('packs and registers it, updates it and goes back', async () => {
    const flags = `--management-port ${ports.management} --inference-port ${ports.inference} --metrics-port none`;
    server = start(`torchweave start ${flags}`, join(home, 'bin'));
    await server.waitForOutput(/^start ready/m);
    expect(answersIn(paste(blocks[3]))).toEqual([answer('Hello')]);
    expect(answersIn(paste(blocks[4]))).toEqual([answer('Good morning'), answer('Hello')]);
  }, 120_000);
});
