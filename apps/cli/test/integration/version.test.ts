import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './support/run-command.js';
import { TemporaryFolder } from './support/temporary-folder.js';

const root = fileURLToPath(new URL('../../../../package.json', import.meta.url));
const { version } = JSON.parse(readFileSync(root, 'utf8')) as { version: string };

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await TemporaryFolder.make();
  await folder.write({ 'w.yaml': 'dag:\n  pre: []\n', 'w.py': 'def pre(data, context):\n    return data\n' });
});
afterEach(() => folder.remove());

/** The manifest of what a command packs into a folder. */
async function manifestOf(manifest: string, args: readonly string[]): Promise<unknown> {
  const { code, stderr } = await runCommand([
    ...args,
    '--archive-format',
    'no-archive',
    '--export-path',
    folder.at('.'),
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(await readFile(folder.at(manifest), 'utf8'));
}

describe("the root's version", () => {
  it('is the one that the command tells', async () => {
    expect((await runCommand(['--version'])).stdout).toBe(`${version}\n`);
  });

  it('is the one of the archiver in what it packs', async () => {
    const files = { spec: folder.at('w.yaml'), handler: folder.at('w.py') };
    const war = ['war', 'create', '--workflow-name', 'w', '--spec-file', files.spec, '--handler', files.handler];
    const mar = ['mar', 'create', '--model-name', 'm', '--version', '7.7', '--handler', files.handler];
    const archiverVersion = `torchweave-${version}`;
    expect(await manifestOf('w/WAR-INF/MANIFEST.json', war)).toMatchObject({ archiverVersion });
    expect(await manifestOf('m/MAR-INF/MANIFEST.json', mar)).toMatchObject({ archiverVersion });
  });
});
