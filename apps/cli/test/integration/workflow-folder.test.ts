import { isTorchweaveError } from '@torchweave/domain';
import { mkdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFolder, readFolder, type PackFolderOptions, type PackedFolder } from '../../src/author/pack-folder.js';
import { findWorkflowFolder } from '../../src/author/workflow-folder.js';
import { CliError } from '../../src/output/cli-error.js';
import { listEntries, withArchive } from '../../src/war/archive-contents.js';
import { PythonChecker } from '../../src/war/python-checker.js';
import { TemporaryFolder } from './support/temporary-folder.js';

const spec = 'dag:\n  pre: []\n';
const withModel = 'models:\n  up:\n    url: big.mar\ndag:\n  pre: [up]\n';
const handler = 'def pre(data, context):\n    return data\n';

let root: TemporaryFolder;
beforeEach(async () => {
  root = await TemporaryFolder.make();
});
afterEach(() => root.remove());

const write = (files: Readonly<Record<string, string>>) =>
  root.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`flow/${path}`, text])));
const found = async (files: Readonly<Record<string, string>>, options = {}) => {
  await write(files);
  const { specFile, handler: python, name } = await findWorkflowFolder(root.at('flow'), options);
  const relative = (path: string | undefined) => path?.slice(root.at('flow').length + 1);
  return [name, relative(specFile), relative(python)];
};

describe('the sources of a workflow in its folder', () => {
  it.each([
    ['one of each', { 'digits.yaml': spec, 'any.py': handler }, ['digits', 'digits.yaml', 'any.py']],
    ['a name that says spec', { 'workflow_spec.yml': spec, 'a.py': '' }, ['flow', 'workflow_spec.yml', 'a.py']],
    [
      'several of each',
      { 'a.yaml': 'minWorkers: 1\n', 'b.yaml': spec, 'b.py': '', 'helper.py': '' },
      ['b', 'b.yaml', 'b.py'],
    ],
    ['a usual name', { 'a.yaml': spec, 'handler.py': '', 'helper.py': '' }, ['a', 'a.yaml', 'handler.py']],
    ['no function', { 'a.yaml': spec }, ['a', 'a.yaml', undefined]],
    ['a name that no workflow has', { 'a b.yaml': spec }, ['flow', 'a b.yaml', undefined]],
    ['hidden ones', { '.old.yaml': spec, 'a.yaml': spec, 'a.yaml~': spec }, ['a', 'a.yaml', undefined]],
  ])('are found: %s', async (_what, files, expected) => {
    expect(await found(files as unknown as Record<string, string>)).toEqual(expected);
  });

  it('are those that are named', async () => {
    const options = { specFile: root.at('flow/b.yaml'), handler: root.at('flow/y.py'), workflowName: 'mine' };
    const files = { 'a.yaml': spec, 'b.yaml': spec, 'x.py': '', 'y.py': '' };
    expect(await found(files, options)).toEqual(['mine', 'b.yaml', 'y.py']);
  });

  it.each([
    ['no spec', { 'a.py': '' }, {}, /has no spec: a \.yaml file with "dag"/],
    ['two specs', { 'a.yaml': spec, 'b.yaml': spec }, {}, /a\.yaml, b\.yaml\. Name it with --spec-file/],
    ['a file that is not there', { 'a.yaml': spec }, { handler: 'none.py' }, /no file none\.py, named by --handler/],
  ])('are told with a sentence where there is %s', async (_what, files, options, sentence) => {
    await expect(found(files as unknown as Record<string, string>, options)).rejects.toThrow(sentence);
    await expect(found(files as unknown as Record<string, string>, options)).rejects.toThrow(CliError);
  });

  it('are told with a sentence where there is no folder', async () => {
    await expect(findWorkflowFolder(root.at('none'), {})).rejects.toThrow(/There is no folder/);
  });
});

describe('a folder that is packed', () => {
  const sourceDate = new Date('2026-01-02T03:04:05Z');
  const options = (): PackFolderOptions => ({
    ...{ modelStores: [], output: root.at('out'), sourceDate },
    python: new PythonChecker('python3', process.env),
  });

  async function pack(): Promise<PackedFolder> {
    await mkdir(root.at('out'), { recursive: true });
    const reading = await readFolder(root.at('flow'), options());
    expect(reading.problems).toEqual([]);
    return packFolder(reading, options());
  }

  const entriesOf = async ({ archive }: PackedFolder): Promise<string[]> =>
    (await withArchive(archive, listEntries)).map(({ path }) => path);

  it('has its files by their paths, without caches, leftovers, archives and models', async () => {
    await write({
      ...{ 'flow.yaml': withModel, 'flow.py': handler, 'words/de.txt': 'ja', 'helper.py': '' },
      ...{
        '.env': 'secret',
        '__pycache__/flow.pyc': '',
        'flow.py~': '',
        'old.war': '',
        'old.mar': '',
        'models/big.mar': 'mar',
      },
      ...{ 'models/other/handler.py': '', '.git/config': '', 'venv/lib/x.py': '' },
    });
    expect(await entriesOf(await pack())).toEqual(
      ['WAR-INF/MANIFEST.json', 'flow.py', 'flow.yaml', 'helper.py', 'words/de.txt'].sort(),
    );
  });

  it('has the same fingerprint for the same content, and another one for any other', async () => {
    await write({ 'flow.yaml': withModel, 'flow.py': handler, 'big/handler.py': '', 'big/weights.bin': '1' });
    const first = await pack();
    await utimes(root.at('flow/flow.py'), new Date(), new Date());
    expect((await pack()).fingerprint).toBe(first.fingerprint);
    await writeFile(root.at('flow/flow.py'), `${handler}\n`);
    const second = await pack();
    expect(second.fingerprint).not.toBe(first.fingerprint);
    await writeFile(root.at('flow/big/weights.bin'), '22');
    expect((await pack()).fingerprint).not.toBe(second.fingerprint);
  });

  it.each([
    ['a .mar among the models', { 'models/big.mar': 'bytes' }, 'big.mar'],
    ['the files of one', { 'models/big/MAR-INF/MANIFEST.json': '{}' }, 'big.mar/MAR-INF/MANIFEST.json'],
    ['the files of one by the name of the node', { 'up/MAR-INF/MANIFEST.json': '{}' }, 'big.mar/MAR-INF/MANIFEST.json'],
  ])('has a model store with %s', async (_what, files, path) => {
    await write({ 'flow.yaml': withModel, 'flow.py': handler, ...(files as unknown as Record<string, string>) });
    const { modelStore } = await pack();
    expect((await stat(`${modelStore}/${path}`)).isFile()).toBe(true);
  });

  it('has a model store with the sources of a model, packed', async () => {
    await write({
      ...{ 'flow.yaml': withModel, 'flow.py': handler, 'models/up/big.py': 'x = 1', 'models/up/weights.bin': 'w' },
      ...{ 'models/up/requirements.txt': 'numpy', 'models/up/nested/helper.py': '' },
    });
    const { modelStore } = await pack();
    const entries = await withArchive(`${modelStore}/big.mar`, listEntries);
    expect(entries.map(({ path }) => path)).toEqual([
      ...['MAR-INF/MANIFEST.json', 'big.py', 'nested/helper.py', 'requirements.txt', 'weights.bin'],
    ]);
  });

  it('tells a model that is nowhere, at its place in the spec', async () => {
    await write({ 'flow.yaml': withModel, 'flow.py': handler });
    const { problems } = await readFolder(root.at('flow'), options());
    expect(problems).toMatchObject([{ rule: 'model-store', file: root.at('flow/flow.yaml'), line: 3, column: 10 }]);
    expect(problems[0]?.message).toContain('the model up needs big.mar');
  });

  it('may have links to files, and none to folders', async () => {
    await write({ 'flow.yaml': spec, 'flow.py': handler });
    await root.write({ 'elsewhere/a.txt': 'a' });
    await symlink(root.at('elsewhere/a.txt'), root.at('flow/a.txt'));
    await symlink(root.at('elsewhere'), root.at('flow/linked'));
    expect(await entriesOf(await pack())).toEqual(['WAR-INF/MANIFEST.json', 'a.txt', 'flow.py', 'flow.yaml']);
  });

  it('has a name that a workflow may have', async () => {
    await write({ 'flow.yaml': spec, 'flow.py': handler });
    const reading = readFolder(root.at('flow'), { ...options(), workflowName: 'a b' });
    await expect(reading).rejects.toSatisfy((error) => isTorchweaveError(error, 'workflowNameInvalid'));
  });

  it('may have 2,000 files and folders and no more', async () => {
    await write({ 'flow.yaml': spec, 'flow.py': handler });
    await mkdir(root.at('flow/many'));
    const names = Array.from({ length: 1_996 }, (_, i) => root.at('flow/many', `${i}.txt`));
    await Promise.all(names.map((name) => writeFile(name, '')));
    expect(await entriesOf(await pack())).toHaveLength(1_999);
    await writeFile(root.at('flow/many/more.txt'), '');
    await expect(pack()).rejects.toThrow(/more than 2000 files and folders/);
  }, 60_000);
});
