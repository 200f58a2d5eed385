import { readdir, readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './support/run-command.js';
import { TemporaryFolder } from './support/temporary-folder.js';

let folder: TemporaryFolder;

const spec = 'models:\n  batch-size: 4\n  up:\n    url: upper.mar\n    timeout-ms: 500\ndag:\n  pre: [up]\n';
const handler = 'def pre(data, context):\n    return data\n';

beforeEach(async () => {
  folder = await TemporaryFolder.make();
  await folder.write({
    'src/chain.yaml': spec,
    'src/chain.py': handler,
    'words.txt': 'words',
    'extra/labels.json': '[]',
    'extra/deep/more.txt': 'more',
  });
});

afterEach(() => folder.remove());

const create = (...more: string[]): string[] => [
  'war',
  'create',
  '--workflow-name',
  'chain',
  '--spec-file',
  folder.at('src/chain.yaml'),
  '--handler',
  folder.at('src/chain.py'),
  '--export-path',
  folder.path,
  ...more,
];

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd();
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => `${entry.parentPath}/${entry.name}`.slice(path.length + 1)).sort();
}

describe('war create', () => {
  it('writes what inspect reads and extract gives back', async () => {
    const extras = `${folder.at('words.txt')},${folder.at('extra')}`;
    const path = await run(...create('--extra-files', extras));
    expect(path).toBe(folder.at('chain.war'));

    const inspected: unknown = JSON.parse(await run('war', 'inspect', '--json', path));
    const files = ['WAR-INF/MANIFEST.json', 'chain.py', 'chain.yaml', 'deep/more.txt', 'labels.json', 'words.txt'];
    expect(inspected).toMatchObject({
      file: path,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: (await stat(path)).size,
      manifest: { workflow: { workflowName: 'chain', specFile: 'chain.yaml', handler: 'chain.py' } },
      entries: files.map((file) => ({ path: file })),
      models: [{ name: 'up', url: 'upper.mar', 'batch-size': 4, 'timeout-ms': 500, 'retry-attempts': 1 }],
      functions: ['pre'],
      dag: { pre: ['up'] },
    });

    const target = folder.at('out');
    expect(await run('war', 'extract', path, '--to', target)).toBe(`6 files extracted to ${target}`);
    expect(await filesIn(target)).toEqual(files);
    expect(await readFile(folder.at('out/chain.py'), 'utf8')).toBe(handler);
    expect((await stat(folder.at('out/chain.py'))).mode & 0o200).toBe(0o200);
  });

  it('packs the files of a probe, once, and none without them', async () => {
    const probed = `${spec}probe: {file: probes/one.bin, answer: two.json}\n`;
    await folder.write({ 'src/chain.yaml': probed, 'src/probes/one.bin': Buffer.of(255), 'src/two.json': '{}' });
    const path = await run(...create('--extra-files', folder.at('src/two.json')));
    const { entries } = JSON.parse(await run('war', 'inspect', '--json', path)) as { entries: { path: string }[] };
    const names = ['WAR-INF/MANIFEST.json', 'chain.py', 'chain.yaml', 'probes/one.bin', 'two.json'];
    expect(entries.map((entry) => entry.path)).toEqual(names);
    await folder.write({ 'src/chain.yaml': probed.replace('one.bin', 'none.bin') });
    const { code, stdout } = await runCommand(create('-f'));
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/:8:\d+: the file probes\/none\.bin of the probe is not there\. \(probe\)/),
    ]);
  });

  it('writes the files and the manifest keys of torch-workflow-archiver 0.2.15', async () => {
    await folder.write({ 'labels.json': '{}' });
    const extras = `${folder.at('words.txt')},${folder.at('labels.json')}`;
    await run('war', 'extract', await run(...create('--extra-files', extras)), '--to', folder.at('out'));
    // What that archiver packed with the same options.
    const official = ['chain.py', 'labels.json', 'chain.yaml', 'words.txt', 'WAR-INF/MANIFEST.json'];
    expect(await filesIn(folder.at('out'))).toEqual(official.sort());
    const manifest = JSON.parse(await readFile(folder.at('out/WAR-INF/MANIFEST.json'), 'utf8')) as object;
    expect(Object.keys(manifest)).toEqual(['createdOn', 'workflow', 'archiverVersion']);
    expect(manifest).toMatchObject({
      createdOn: expect.stringMatching(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/),
      workflow: { workflowName: 'chain', specFile: 'chain.yaml', handler: 'chain.py' },
    });
  });

  it.each([
    ['tgz', 'chain.tar.gz'],
    ['no-archive', 'chain'],
  ])('writes the format %s, which validate accepts', async (format, file) => {
    const path = await run(...create('--archive-format', format));
    expect(path).toBe(folder.at(file));
    expect(await run('war', 'validate', path)).toBe(`${path}: ok`);
  });

  it('does not overwrite an archive without --force', async () => {
    const path = await run(...create());
    const before = await readFile(path);
    const refused = await runCommand(create());
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--force')]);
    expect(await readFile(path)).toEqual(before);
    expect(await run(...create('-f', '--json'))).toBe(JSON.stringify({ path }, null, 2));
  });

  it('refuses to pack what could not be registered, and tells all of it', async () => {
    await folder.write({ 'src/chain.yaml': 'models:\n  batch-size: 0\ndag:\n  pre: [post, post]\n' });
    const { code, stdout } = await runCommand(create());
    expect(code).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(folder.path.length + 1)),
    ).toEqual([
      expect.stringMatching(/^src\/chain\.yaml:2:15: .*\(setting-values\)$/),
      expect.stringMatching(/^src\/chain\.yaml:4:15: .*\(dag\)$/),
      expect.stringMatching(/^src\/chain\.py:1:1: .*post.*\(functions\)$/),
    ]);
    expect(await readdir(folder.path)).not.toContain('chain.war');
  });

  it('refuses a name that no request could address', async () => {
    const args = create().map((arg) => (arg === 'chain' ? 'my chain' : arg));
    expect(await runCommand(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"my chain" is not valid'),
    });
  });
});

describe('war extract', () => {
  it('writes nothing of an archive that is refused', async () => {
    await folder.write({ 'bad.war': 'no zip' });
    const { code } = await runCommand(['war', 'extract', folder.at('bad.war'), '--to', folder.at('out')]);
    expect(code).toBe(1);
    expect(await readdir(folder.path)).not.toContain('out');
  });

  it('does not touch a folder that has something in it', async () => {
    const path = await run(...create());
    const { code, stderr } = await runCommand(['war', 'extract', path, '--to', folder.at('extra')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not empty')]);
  });
});

describe('war graph', () => {
  it('draws an archive and a spec file alike', async () => {
    const path = await run(...create());
    const ofArchive = await run('war', 'graph', path, '--format', 'dot');
    expect(await run('war', 'graph', folder.at('src/chain.yaml'), '--format', 'dot')).toBe(ofArchive);
    expect(ofArchive).toContain('"pre" -> "up";');
  });

  it('says what keeps a graph from being drawn', async () => {
    await folder.write({ 'bad.yaml': 'dag:\n  a: [b]\n  b: [c]\n  c: [b]\n' });
    const { code, stderr } = await runCommand(['war', 'graph', folder.at('bad.yaml')]);
    expect([code, stderr]).toEqual([1, 'torchweave: Not a valid DAG (there is a cycle among b, c)\n']);
  });
});

describe('mar create', () => {
  it('takes the options of torch-model-archiver and writes what inspect reads', async () => {
    await folder.write({
      'handler.py': 'def handle(d, c): pass',
      'model.pt': 'x',
      'requirements.txt': '',
      'c.yaml': '',
    });
    const path = await run(
      ...['mar', 'create', '--model-name', 'up', '--version', '1.0', '--handler', folder.at('handler.py:handle')],
      ...['--serialized-file', folder.at('model.pt'), '-r', folder.at('requirements.txt'), '-c', folder.at('c.yaml')],
      ...[
        '--extra-files',
        folder.at('words.txt'),
        '--export-path',
        folder.at('store'),
        '--archive-format',
        'zip-store',
      ],
    );
    expect(path).toBe(folder.at('store/up.mar'));
    expect(JSON.parse(await run('mar', 'inspect', '--json', path))).toMatchObject({
      manifest: {
        runtime: 'python',
        model: {
          modelName: 'up',
          serializedFile: 'model.pt',
          handler: 'handler.py:handle',
          modelVersion: '1.0',
          requirementsFile: 'requirements.txt',
          configFile: 'c.yaml',
        },
      },
      entries: ['MAR-INF/MANIFEST.json', 'c.yaml', 'handler.py', 'model.pt', 'requirements.txt', 'words.txt'].map(
        (file) => ({
          path: file,
        }),
      ),
    });
    expect(await run('mar', 'inspect', path)).toMatch(/^modelName +up$/m);
  });

  it('tells what is no model archive', async () => {
    const { code, stderr } = await runCommand(['mar', 'inspect', await run(...create())]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('has no MAR-INF/MANIFEST.json')]);
  });
});
