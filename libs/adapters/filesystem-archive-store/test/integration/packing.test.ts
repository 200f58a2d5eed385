import { silentLogger } from '@torchweave/application';
import {
  packModelArchive,
  packTarGz,
  packWorkflowArchive,
  packZip,
  type ArchiveFormat,
} from '@torchweave/archive-format';
import { parseManifest } from '@torchweave/domain';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FilesystemArchiveStore } from '../../src/index.js';
import { removeTree } from '../../src/folders.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'packing-'));
  for (const folder of ['out', 'extra/data', 'extra/.git', 'extra/__pycache__', 'src']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const files = ['src/chain.yaml', 'src/chain.py', 'extra/words.txt', 'extra/data/more.txt', 'extra/.git/config'];
  for (const file of [...files, 'extra/__pycache__/x.pyc', 'model.pt', 'model.py', 'requirements.txt', 'config.yaml']) {
    await writeFile(join(root, file), `content of ${file}`);
  }
});

afterEach(() => removeTree(root));

const at = (...path: string[]): string => join(root, ...path);
const moment = new Date(2026, 10, 3, 4, 5, 6);

/** Opens an archive in a store of its own, and gives its files by path. */
async function unpacked(archive: string): Promise<Record<string, string>> {
  const store = new FilesystemArchiveStore({ directory: at('store'), logger: silentLogger });
  const { digest } = await store.put(inChunks(await readFile(archive)));
  return filesOf((await store.open(digest)).directory);
}

async function filesOf(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (path) => [path.slice(directory.length + 1), await readFile(path, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(read));
}

describe.each([
  ['packZip', packZip],
  ['packTarGz', packTarGz],
])('%s', (_name, pack) => {
  const entries = () => [
    { path: 'b/c.txt', source: Buffer.from('from memory') },
    { path: 'a.txt', source: at('extra', 'words.txt') },
    { path: 'empty', source: Buffer.alloc(0) },
  ];

  it('packs files and buffers', async () => {
    await pack(entries(), at('out', 'archive'));
    expect(await unpacked(at('out', 'archive'))).toEqual({
      'a.txt': 'content of extra/words.txt',
      'b/c.txt': 'from memory',
      empty: '',
    });
  });

  it('writes the same bytes for the same content, whatever order and age', async () => {
    await pack(entries(), at('out', 'first'));
    await utimes(at('extra', 'words.txt'), moment, moment);
    await pack(entries().reverse(), at('out', 'second'));
    expect(await readFile(at('out', 'second'))).toEqual(await readFile(at('out', 'first')));
  });

  it('replaces what was there', async () => {
    await writeFile(at('out', 'archive'), 'older');
    await pack(entries(), at('out', 'archive'));
    expect(await unpacked(at('out', 'archive'))).toHaveProperty('empty');
  });

  it('leaves what was there, and nothing beside it, when a file cannot be read', async () => {
    await writeFile(at('out', 'archive'), 'older');
    const broken = [...entries(), { path: 'z', source: at('nosuch') }];
    await expect(pack(broken, at('out', 'archive'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await filesOf(at('out'))).toEqual({ archive: 'older' });
  });

  it.each([
    ['leads out', '../a'],
    ['is absolute', '/a'],
    ['is there twice', 'a.txt'],
    ['differs by case alone', 'A.txt'],
  ])('refuses an entry that %s', async (_why, path) => {
    const broken = [...entries(), { path, source: Buffer.alloc(0) }];
    await expect(pack(broken, at('out', 'archive'))).rejects.toMatchObject({ code: 'archiveEntryRefused' });
    expect(await readdir(at('out'))).toEqual([]);
  });
});

describe('packWorkflowArchive', () => {
  const options = (format: ArchiveFormat = 'default', force = false) => ({
    workflowName: 'chain',
    specFile: at('src', 'chain.yaml'),
    handler: at('src', 'chain.py'),
    extraFiles: `${at('extra')}, ${at('model.pt')}`,
    exportPath: at('out'),
    format,
    force,
    archiverVersion: 'torchweave-0.1.0',
    moment,
  });
  const manifest = {
    createdOn: '03/11/2026 04:05:06',
    workflow: { workflowName: 'chain', specFile: 'chain.yaml', handler: 'chain.py' },
    archiverVersion: 'torchweave-0.1.0',
  };

  it.each([
    ['default', 'chain.war'],
    ['tgz', 'chain.tar.gz'],
  ] as const)('packs in the format %s what the store unpacks', async (format, file) => {
    expect(await packWorkflowArchive(options(format))).toBe(at('out', file));
    const files = await unpacked(at('out', file));
    expect(JSON.parse(files['WAR-INF/MANIFEST.json'] ?? '')).toEqual(manifest);
    expect(parseManifest(files['WAR-INF/MANIFEST.json'] ?? '')).toEqual(manifest);
    expect(Object.keys(files).sort()).toEqual([
      'WAR-INF/MANIFEST.json',
      'chain.py',
      'chain.yaml',
      'data/more.txt',
      'model.pt',
      'words.txt',
    ]);
    expect(files['data/more.txt']).toBe('content of extra/data/more.txt');
  });

  it('writes a folder in the format no-archive', async () => {
    expect(await packWorkflowArchive(options('no-archive'))).toBe(at('out', 'chain'));
    const files = await filesOf(at('out', 'chain'));
    expect(JSON.parse(files['WAR-INF/MANIFEST.json'] ?? '')).toEqual(manifest);
    expect(files['words.txt']).toBe('content of extra/words.txt');
  });

  it('needs no handler', async () => {
    const { handler: _handler, ...rest } = options();
    const files = await unpacked(await packWorkflowArchive(rest));
    expect(JSON.parse(files['WAR-INF/MANIFEST.json'] ?? '')).toMatchObject({
      workflow: { workflowName: 'chain', specFile: 'chain.yaml' },
    });
    expect(files).not.toHaveProperty('chain.py');
  });

  it('takes a file that is given twice once', async () => {
    const path = await packWorkflowArchive({ ...options(), extraFiles: at('src') });
    expect(Object.keys(await unpacked(path)).sort()).toEqual(['WAR-INF/MANIFEST.json', 'chain.py', 'chain.yaml']);
  });

  it('refuses two files of one name', async () => {
    await writeFile(at('extra', 'chain.py'), 'another');
    await expect(packWorkflowArchive(options())).rejects.toMatchObject({
      code: 'archiveEntryRefused',
      data: { entry: 'chain.py' },
    });
  });

  it.each(['default', 'tgz', 'no-archive'] as const)('overwrites in the format %s only by force', async (format) => {
    await packWorkflowArchive(options(format));
    await writeFile(at('src', 'chain.yaml'), 'changed');
    await expect(packWorkflowArchive(options(format))).rejects.toMatchObject({
      code: 'configurationInvalid',
      data: { setting: '--export-path', value: at('out') },
    });
    await expect(packWorkflowArchive(options(format, true))).resolves.toBeDefined();
  });

  it.each([
    ['a spec file', { specFile: 'nosuch.yaml' }, '--spec-file'],
    ['a handler', { handler: 'nosuch.py' }, '--handler'],
    ['an extra file', { extraFiles: 'nosuch.txt' }, '--extra-files'],
    ['a folder for the archive', { exportPath: '/nosuch' }, '--export-path'],
    ['a spec file that is no folder', { specFile: tmpdir() }, '--spec-file'],
  ])('asks for %s by its flag', async (_what, wrong, setting) => {
    const packing = packWorkflowArchive({ ...options(), ...wrong });
    await expect(packing).rejects.toMatchObject({ code: 'configurationInvalid', data: { setting } });
  });

  it('refuses a link to a folder among the extra files, which could lead in a circle', async () => {
    await symlink('..', at('extra', 'circle'));
    await expect(packWorkflowArchive(options())).rejects.toMatchObject({ data: { setting: '--extra-files' } });
  });

  it('refuses a name that no request could address', async () => {
    const packing = packWorkflowArchive({ ...options(), workflowName: 'my workflow' });
    await expect(packing).rejects.toMatchObject({ code: 'workflowNameInvalid' });
  });

  it('gives files that everybody may read', async () => {
    const path = await packWorkflowArchive(options());
    expect((await stat(path)).mode & 0o400).toBe(0o400);
    await rm(path);
  });
});

describe('packModelArchive', () => {
  const options = () => ({
    modelName: 'upper',
    version: '1.0',
    handler: at('model.py'),
    exportPath: at('out'),
    format: 'default' as const,
    force: false,
    archiverVersion: 'torchweave-0.1.0',
    moment,
  });
  const manifestOf = async (path: string): Promise<unknown> =>
    JSON.parse((await unpacked(path))['MAR-INF/MANIFEST.json'] ?? '');

  it('writes the manifest of torch-model-archiver', async () => {
    const path = await packModelArchive({
      ...options(),
      serializedFile: at('model.pt'),
      modelFile: at('src', 'chain.py'),
      requirementsFile: at('requirements.txt'),
      configFile: at('config.yaml'),
      extraFiles: at('extra'),
    });
    expect(path).toBe(at('out', 'upper.mar'));
    expect(await manifestOf(path)).toEqual({
      createdOn: '03/11/2026 04:05:06',
      runtime: 'python',
      model: {
        modelName: 'upper',
        serializedFile: 'model.pt',
        handler: 'model.py',
        modelFile: 'chain.py',
        modelVersion: '1.0',
        requirementsFile: 'requirements.txt',
        configFile: 'config.yaml',
      },
      archiverVersion: 'torchweave-0.1.0',
    });
    const files = Object.keys(await unpacked(path)).sort();
    expect(files).toEqual([
      'MAR-INF/MANIFEST.json',
      'chain.py',
      'config.yaml',
      'data/more.txt',
      'model.pt',
      'model.py',
      'requirements.txt',
      'words.txt',
    ]);
  });

  it.each([
    ['without its suffix', 'model', 'model'],
    ['with a function', 'model.py:handle', 'model.py:handle'],
    ['with a function, without its suffix', 'model:handle', 'model:handle'],
  ])('finds the handler %s', async (_how, handler, named) => {
    const path = await packModelArchive({ ...options(), handler: at(handler) });
    expect(await manifestOf(path)).toMatchObject({ model: { handler: named } });
    expect(await unpacked(path)).toHaveProperty(['model.py']);
  });

  it("packs no file for one of TorchServe's own handlers", async () => {
    const path = await packModelArchive({ ...options(), handler: 'image_classifier' });
    expect(Object.keys(await unpacked(path))).toEqual(['MAR-INF/MANIFEST.json']);
    expect(await manifestOf(path)).toMatchObject({ model: { handler: 'image_classifier' } });
  });

  it('keeps everything of a gzipped tar in a folder, as TorchServe expects it', async () => {
    const path = await packModelArchive({ ...options(), format: 'tgz' });
    expect(path).toBe(at('out', 'upper.tar.gz'));
    expect(await manifestOf(path)).toMatchObject({ model: { modelName: 'upper' } });
  });

  it.each([
    ['a handler', { handler: 'nosuch' }, '--handler'],
    ['a serialized file', { serializedFile: 'nosuch.pt' }, '--serialized-file'],
    ['a model name', { modelName: '../x' }, '--model-name'],
  ])('asks for %s by its flag', async (_what, wrong, setting) => {
    const packing = packModelArchive({ ...options(), ...wrong });
    await expect(packing).rejects.toMatchObject({ code: 'configurationInvalid', data: { setting } });
  });
});
