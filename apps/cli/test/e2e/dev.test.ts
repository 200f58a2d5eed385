import { Child } from '@torchweave/testing/process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { command } from './support/torchweave.js';

const sample = fileURLToPath(new URL('../../../../samples/digits', import.meta.url));

const spec = 'dag:\n  shout: [mark]\n  mark: []\n';
const functions = (mark: string): string => `def shout(data, context):
    if data is None:
        return None
    text = data[0]["body"]
    print("got", text)
    return [text.upper()]

def mark(data, context):
    if data is None:
        return None
    return [${mark}]
`;
const ending = (end: string): string => functions(`data[0]["body"].decode() + "${end}"`);

let home: string;
let folder: string;
let child: Child | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'torchweave-e2e-dev-'));
  folder = join(home, 'chain');
  mkdirSync(folder);
  mkdirSync(join(home, 'tmp'));
});

afterEach(async () => {
  await child?.end();
  child = undefined;
  rmSync(home, { recursive: true, force: true });
});

/** As editors do: beside it, and onto it. */
function save(name: string, text: string): void {
  writeFileSync(join(folder, `.${name}.new`), text);
  renameSync(join(folder, `.${name}.new`), join(folder, name));
}

async function dev(path: string, ...flags: string[]): Promise<{ child: Child; url: string }> {
  child = Child.start(process.execPath, [command, 'dev', path, '--port', '0', ...flags], {
    cwd: home,
    env: { TMPDIR: join(home, 'tmp') },
  });
  const [, url = ''] = await child.waitForOutput(/^curl .* (http:\S+)$/m);
  return { child, url };
}

async function ask(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
  return response.text();
}

it('serves a folder, brings each save to the server, and goes on serving what was good', async () => {
  save('chain.yaml', spec);
  save('chain.py', ending('!'));
  const { child: session, url } = await dev('chain', '--repeat');
  await session.waitForOutput(/version 1 serves/);
  expect(await ask(url, 'hello')).toBe('HELLO!');
  await session.waitForOutput(/^shout \| got hello$/m);

  save('chain.py', ending('?'));
  await session.waitForOutput(/version 2 serves[\s\S]*\/wfpredict\/chain 200 \(\d+ ms\)\n {2}HELLO\?\n/);

  save('chain.py', ending('?').replace('def mark(data', 'def mark(data:'));
  await session.waitForOutput(
    /^chain\/chain\.py:8:15: SyntaxError: .*\n {4}def mark.*\n {18}\^\n.* version 2 goes on serving$/m,
  );
  save('chain.py', ending('?').replace('def mark', 'limit = nowhere\n\ndef mark'));
  await session.waitForOutput(/^chain\/chain\.py:8:1: NameError: .*\n {4}limit = nowhere\n {4}\^\n/m);
  save('chain.yaml', 'dag:\n  shout: [mrk]\n');
  await session.waitForOutput(/^chain\/chain\.py:1:1: the node mrk /m);
  expect(await ask(url, 'again')).toBe('AGAIN?');

  save('chain.yaml', spec);
  save('chain.py', functions('data[0]["nobody"]'));
  await session.waitForOutput(/ \/wfpredict\/chain 500 [\s\S]*"reason": "KeyError: 'nobody'"/);
  await session.waitForOutput(/^mark \| {3}File "chain\.py", line 11, in mark$/m);

  await session.end('SIGINT');
  expect(session.exitCode).toBe(0);
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
}, 120_000);

it('waits for a spec that is not there yet, and takes many saves', async () => {
  const { child: session, url } = await dev('chain');
  await session.waitForOutput(/chain has no spec: a \.yaml file with "dag"[\s\S]*nothing serves yet/);
  save('chain.py', ending('0'));
  save('chain.yaml', spec);
  await session.waitForOutput(/version 1 serves/);
  // A server has room for a few versions only.
  for (let version = 2; version <= 12; version++) {
    save('chain.py', ending(String(version)));
    await session.waitForOutput(new RegExp(`version ${version} serves`));
  }
  expect(await ask(url, 'last')).toBe('LAST12');
}, 120_000);

it('serves models from their sources, and brings their changes to the server as well', async () => {
  cpSync(join(sample, 'workflow'), folder, { recursive: true });
  cpSync(join(sample, 'models'), join(folder, 'models'), { recursive: true });
  const picture = join(sample, 'held-out', '003-digit-7.png');
  const { child: session } = await dev('chain', '--repeat', picture);
  await session.waitForOutput(/version 1 serves[\s\S]*\/wfpredict\/digits 200 .*\n {2}\{\n {4}"digit": 7/);
  const model = join('models', 'network', 'digits_network.py');
  cpSync(join(folder, model), join(folder, '.model.py'));
  writeFileSync(
    join(folder, model),
    "class Digits:\n    def initialize(self, context):\n        raise ValueError('no weights')\n    def handle(self, data, context):\n        return data\n",
  );
  await session.waitForOutput(
    /^chain\/models\/network\/digits_network\.py:3:1: .*no weights.*\n {4} {8}raise ValueError/m,
  );
  cpSync(join(folder, '.model.py'), join(folder, model));
  // What served before is what is saved now.
  await session.waitForOutput(/version [23] serves[\s\S]*\/wfpredict\/digits 200 .*\n {2}\{\n {4}"digit": 7/);
}, 120_000);
