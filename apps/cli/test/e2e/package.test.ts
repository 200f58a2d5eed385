import { workflowFiles, zipOf } from '@torchweave/testing/builders';
import { Child, freePort } from '@torchweave/testing/process';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const assembler = fileURLToPath(new URL('../../../../tools/package/assemble.mjs', import.meta.url));

/** A workflow of one function, which answers what it gets. */
const echo = workflowFiles({ name: 'echo', spec: 'dag:\n  pre: []\n' });

describe('the published package, in a folder without a clone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchweave-package-'));
  const home = join(folder, 'home');
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(async () => {
    for (const name of ['home', 'home/workflows']) mkdirSync(join(folder, name));
    const layout = join(folder, 'layout');
    run(process.execPath, assembler, layout);
    run('npm', 'pack', '--pack-destination', folder, layout);
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    writeFileSync(join(home, 'package.json'), '{ "private": true }');
    run('npm', 'install', '--cache', join(folder, 'cache'), join(folder, archive));
    writeFileSync(join(home, 'workflows', 'echo.war'), await zipOf(echo));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('brings no package that reports its install', () => {
    const reporters = [
      'node_modules/@scarf',
      'node_modules/torchweave/node_modules/@scarf',
      'node_modules/swagger-ui-dist',
    ];
    expect(reporters.filter((place) => existsSync(join(home, place)))).toEqual([]);
  });

  it('starts everything, and is the client of it', async () => {
    const [management, inference] = [await freePort(), await freePort()];
    const flags = ['--management-port', String(management), '--inference-port', String(inference)];
    const server = Child.start(
      join(home, 'node_modules', '.bin', 'torchweave'),
      ['start', '--workflow-store', 'workflows', '--metrics-port', 'none', ...flags],
      {
        cwd: home,
      },
    );
    try {
      await server.waitForOutput(/^start ready management \S+ inference \S+\nstart page http:\S+\/dashboard\/$/m);
      run('npx', 'torchweave', 'workflow', 'register', 'echo.war', '--management', `http://127.0.0.1:${management}`);
      const where = ['--inference', `http://127.0.0.1:${inference}`];
      expect(run('npx', 'torchweave', 'workflow', 'predict', 'echo', '--data', 'hello', ...where)).toBe('hello');
      const page = await (await fetch(`http://127.0.0.1:${management}/dashboard/`)).text();
      const [, script = 'none'] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
      expect((await fetch(new URL(script, `http://127.0.0.1:${management}`))).status).toBe(200);
    } finally {
      await server.end();
    }
    expect(server.exitCode).toBe(0);
  });
});
