import { Child } from '@torchweave/testing/process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedSystem } from './support/embedded.js';
import { command } from './support/torchweave.js';

const spec = 'models: {}\ndag:\n  echo: [again]\n';
const handler = `
def echo(data, context):
    return data and [row.get("data") or row.get("body") for row in data]

again = echo
`;
/** The least that a start takes; some 170 workflows take them all. */
const openFiles = 512;

let system: EmbeddedSystem;

beforeEach(async () => {
  system = await EmbeddedSystem.prepare();
});
afterEach(() => system.dispose());

async function packWorkflow(): Promise<void> {
  const [specFile, code] = [join(system.directory, 'echo.yaml'), join(system.directory, 'echo.py')];
  writeFileSync(specFile, spec);
  writeFileSync(code, handler);
  const from = ['--workflow-name', 'echo', '--spec-file', specFile, '--handler', code];
  const packing = Child.start(process.execPath, [
    command,
    'war',
    'create',
    ...from,
    '--export-path',
    system.workflowStore,
  ]);
  expect(await packing.waitForEnd()).toBe(0);
}

const ask = async (method: string, path: string): Promise<{ status: number; text: string }> => {
  const response = await fetch(`${system.management}${path}`, { method });
  return { status: response.status, text: await response.text() };
};
const register = (name: string): ReturnType<typeof ask> => ask('POST', `/workflows?url=echo.war&workflow_name=${name}`);

describe('a server that may have few files open', () => {
  it('says so at start, refuses what it has no file left for with that cause, and goes on serving', async () => {
    await packWorkflow();
    system.child = system.begin({}, openFiles - 1);
    expect(await system.child.waitForEnd()).toBe(1);
    expect(system.child.output).toMatch(/^torchweave: Setting ulimit -n must be at least 512, /m);
    system.child = system.begin({}, openFiles);
    await system.child.waitForOutput(/^start ready/m);
    expect(system.child.output).toMatch(
      /this process may have 512 files open: a server takes 149 connections instead of max_connections/,
    );
    const names: string[] = [];
    let refused: { status: number; text: string } | undefined;
    while (refused === undefined) {
      expect(names.length).toBeLessThan(openFiles);
      const name = `w${names.length}`;
      const answer = await register(name);
      if (answer.status === 200) names.push(name);
      else refused = answer;
    }
    expect(refused.text).toMatch(/as many files and connections open as the system lets it have/);
    expect(refused.text).not.toMatch(/Errno|EMFILE|SIGKILL|cannot be loaded/);
    const predicted = await fetch(`${system.inference}/wfpredict/w0`, { method: 'POST', body: 'hello' });
    expect([predicted.status, await predicted.text()]).toEqual([200, 'hello']);
    for (const name of names) expect((await ask('DELETE', `/workflows/${name}`)).status).toBe(200);
    await expect.poll(async () => (await register('later')).status, { timeout: 20_000 }).toBe(200);
  }, 120_000);
});
