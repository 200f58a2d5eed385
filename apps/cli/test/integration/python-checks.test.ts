import { modelFiles, tarGzOf, workflowFiles, zipOf, type ModelParts } from '@torchweave/testing/builders';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PythonChecker } from '../../src/war/python-checker.js';
import { validateWorkflow } from '../../src/war/validate.js';
import { recordedArchives, recordedScenarios } from '../e2e/support/recordings.js';
import { archiveOf } from '../e2e/support/write-archives.js';
import { runCommand } from './support/run-command.js';
import { TemporaryFolder } from './support/temporary-folder.js';

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await TemporaryFolder.make();
});

afterEach(() => folder.remove());

const environment = { PATH: process.env['PATH'] ?? '' };

/** What a command prints, without the folder of the test. */
async function told(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { code, stdout, stderr } = await runCommand(args, { environment });
  expect(stderr).toBe('');
  return { code, lines: stdout.trimEnd().replaceAll(`${folder.path}/`, '').split('\n') };
}

async function toldOfHandler(handler: string): Promise<{ code: number; lines: string[] }> {
  await folder.write({ 'a.war': await zipOf(workflowFiles({ handler })) });
  return told('war', 'validate', folder.at('a.war'));
}

describe('war validate of the Python', () => {
  it('shows what cannot be compiled, with a caret below its place', async () => {
    const { code, lines } = await toldOfHandler('def pre(data, context):\n    return = data\n');
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^a\.war\/h\.py:2:12: SyntaxError: .* \(Python 3\.\d+\)\. \(python\)$/),
      '        return = data',
      '               ^',
    ]);
  });

  it('shows a function that cannot be called as the runtime calls it', async () => {
    const { code, lines } = await toldOfHandler('import json\n\ndef pre(data): return data\n');
    expect(code).toBe(1);
    expect(lines).toEqual([
      'a.war/h.py:3:5: the function pre takes 1 argument, and is called with two: pre(data, context). (functions)',
      '    def pre(data): return data',
      '        ^',
    ]);
  });

  it('warns of a function that nothing calls, and of one that returns no list; neither is a problem', async () => {
    expect(await toldOfHandler('async def pre(data, context): return data\ndef other(): pass\n')).toEqual({
      code: 0,
      lines: [
        'a.war: ok',
        'a.war/h.py:1:11: warning: the function pre returns a coroutine, where a list is needed. (functions)',
        'a.war/h.py:2:5: warning: nothing calls the function other: it is no node of the dag, and nothing in this file names it. (functions)',
      ],
    });
  });

  it('warns of no function while the spec has faults', async () => {
    const files = workflowFiles({
      spec: 'dag:\n  pre: [post, post]\n',
      handler: 'def other(): pass\nfrom a import *\n',
    });
    await folder.write({ 'a.war': await zipOf(files) });
    const { lines } = await told('war', 'validate', folder.at('a.war'));
    expect(lines.filter((line) => line.includes('warning'))).toEqual([]);
  });

  it('says once that there is no Python, and checks what can be checked without', async () => {
    await folder.write({
      'a.war': await zipOf(workflowFiles()),
      'b.war': await zipOf(workflowFiles({ handler: 'def post(: pass\n' })),
    });
    const args = ['war', 'validate', folder.at('a.war'), folder.at('b.war'), '--python', folder.at('nosuch')];
    const { code, lines } = await told(...args);
    expect(code).toBe(1);
    expect(lines).toEqual([
      'a.war: ok',
      expect.stringMatching(/^b\.war\/h\.py:1:1: the node pre .* which defines no pre\. \(functions\)$/),
      '    def post(: pass',
      '    ^',
      'Python files were not compiled: nosuch is not found, or may not be run. Install Python 3.8 or newer, or name one with --python.',
    ]);
    const { stdout } = await runCommand([...args, '--json'], { environment });
    expect(JSON.parse(stdout)).toMatchObject({ notes: [expect.stringMatching(/^Python files were not compiled/)] });
  });

  it('takes the interpreter of TORCHWEAVE_PYTHON', async () => {
    await folder.write({ 'a.war': await zipOf(workflowFiles()) });
    const named = { ...environment, TORCHWEAVE_PYTHON: folder.at('nosuch') };
    const { stdout } = await runCommand(['war', 'validate', folder.at('a.war')], { environment: named });
    expect(stdout).toContain('nosuch is not found');
  });

  /** The archives that TorchServe took in the recorded conversations. */
  const accepted = recordedScenarios
    .flatMap(({ steps }) => steps)
    .filter(({ method, path }) => method === 'POST' && path.startsWith('/workflows?'))
    .filter(({ expect: expected, torchserve }) => [expected?.status ?? torchserve.status].flat().includes(200))
    .map(({ path }) => new URLSearchParams(path.slice(path.indexOf('?'))).get('url') ?? '')
    .filter((url) => url in recordedArchives);

  it.each([...new Set(accepted)])('finds nothing in %s, which was registered', async (name) => {
    const recorded = recordedArchives[name];
    if (recorded === undefined) throw new Error(`there is no recorded archive ${name}`);
    await folder.write({ [name]: archiveOf(recorded) });
    const python = new PythonChecker('python3', environment);
    const { problems } = await validateWorkflow(folder.at(name), { python });
    expect([problems, python.notes]).toEqual([[], []]);
  });
});

describe('war create', () => {
  const create = (): string[] => [
    ...['war', 'create', '--workflow-name', 'chain', '--spec-file', folder.at('chain.yaml')],
    ...['--handler', folder.at('chain.py'), '--export-path', folder.path],
  ];

  it('refuses to pack Python that cannot be compiled', async () => {
    await folder.write({ 'chain.yaml': 'dag:\n  pre: [post]\n', 'chain.py': 'def pre(data, context):\npass\n' });
    const { code, lines } = await told(...create());
    expect([code, lines]).toEqual([1, [expect.stringMatching(/^chain\.py:2:1: IndentationError: .* \(python\)$/)]]);
  });

  it('packs what has a function that nothing calls, and says so', async () => {
    const functions = ['pre', 'post', 'other'].map((name) => `def ${name}(data, context): return data\n`);
    await folder.write({ 'chain.yaml': 'dag:\n  pre: [post]\n', 'chain.py': functions.join('') });
    const { code, lines } = await told(...create());
    expect([code, lines]).toEqual([
      0,
      ['chain.war', expect.stringMatching(/^chain\.py:3:5: warning: nothing calls the function other: /)],
    ]);
  });

  it('refuses to pack a spec whose model beside it is broken', async () => {
    await folder.write({
      'chain.yaml': 'models:\n  up: {url: up.mar}\ndag:\n  pre: [up]\n',
      'chain.py': 'def pre(data, context): return data\n',
      'up.mar': 'no zip',
    });
    const { code, lines } = await told(...create());
    expect([code, lines]).toEqual([1, [expect.stringMatching(/^up\.mar: the model up: .* \(model\)$/)]]);
  });
});

describe('war validate of models', () => {
  const spec = 'models:\n  up: {url: up.mar}\n  other: {url: up.mar}\ndag:\n  up: [other]\n';

  async function toldOfModel(parts: ModelParts): Promise<string[]> {
    await folder.write({ 'a.yaml': spec, 'up.mar': await zipOf(modelFiles(parts)) });
    return (await told('war', 'validate', folder.at('a.yaml'))).lines;
  }

  it.each<[string, ModelParts, readonly RegExp[]]>([
    ['that is in order', {}, [/^a\.yaml: ok$/]],
    [
      'without its handler file',
      { handler: null },
      [
        /^up\.mar\/MAR-INF\/MANIFEST\.json: the model up: its manifest names the handler handler\.py, which is not in it\. \(model\)$/,
      ],
    ],
    [
      'without its weights',
      { model: { serializedFile: 'up.pt' } },
      [
        /^up\.mar\/MAR-INF\/MANIFEST\.json: the model up: its manifest names the serializedFile up\.pt, which is not in it\. \(model\)$/,
      ],
    ],
    ['with its weights', { model: { serializedFile: 'up.pt' }, files: { 'up.pt': 'x' } }, [/^a\.yaml: ok$/]],
    [
      'whose manifest lacks a handler',
      { model: { handler: undefined } },
      [/^up\.mar: the model up: .*model\.handler is missing/],
    ],
    [
      'whose handler file lacks the function',
      { model: { handler: 'handler.py:serve' } },
      [
        /^up\.mar\/handler\.py:1:1: the model up: its handler file has neither a function serve nor a class\. \(model\)$/,
        /^ {4}def handle/,
        /^ {4}\^$/,
      ],
    ],
    ['whose handler is a class', { handler: 'class Up:\n    pass\n' }, [/^a\.yaml: ok$/]],
    ['whose handler comes from elsewhere', { handler: 'from steps import handle\n' }, [/^a\.yaml: ok$/]],
    ['of TorchServe’s own handler', { model: { handler: 'image_classifier' }, handler: null }, [/^a\.yaml: ok$/]],
    [
      'whose function cannot be called',
      { handler: '\ndef handle(data): return data\n' },
      [/^up\.mar\/handler\.py:2:5: the model up: the function handle takes 1 argument, /, /def handle/, /^ {8}\^$/],
    ],
    [
      'whose handler cannot be compiled',
      { handler: 'def handle(\n' },
      [/^up\.mar\/handler\.py:1:11: the model up: SyntaxError: .* \(python\)$/, /def handle/, /\^$/],
    ],
    [
      'of a handler in a folder, named as a module',
      { model: { handler: 'pack.mod:serve' }, handler: null, files: { 'pack/mod.py': 'def serve(d): pass\n' } },
      [/^up\.mar\/pack\/mod\.py:1:5: the model up: the function serve takes 1 argument/, /def serve/, /\^$/],
    ],
  ])('finds one %s, once', async (_, parts, patterns) => {
    expect(await toldOfModel(parts)).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)));
  });

  it('reads folders, gzipped tars and the model store', async () => {
    const files = Object.entries(modelFiles({ handler: null })).map(([path, text]) => [`store/up.mar/${path}`, text]);
    await folder.write({ 'a.yaml': spec, ...(Object.fromEntries(files) as Record<string, string>) });
    const args = ['war', 'validate', folder.at('a.yaml')];
    expect((await told(...args)).lines).toEqual(['a.yaml: ok']);
    const ofFolder = await told(...args, '--model-store', folder.at('store'));
    expect(ofFolder.lines).toEqual([expect.stringMatching(/^store\/up\.mar\/MAR-INF\/MANIFEST\.json: the model up: /)]);
    await folder.write({ 'up.mar': await tarGzOf(modelFiles({ model: { modelFile: 'net.py' } })) });
    expect((await told(...args)).lines).toEqual([
      expect.stringMatching(/names the modelFile net\.py, which is not in it/),
    ]);
  });

  it('tells an archive that cannot be read', async () => {
    await folder.write({ 'a.yaml': spec, 'up.mar': 'no zip' });
    const { code, lines } = await told('war', 'validate', folder.at('a.yaml'));
    expect([code, lines]).toEqual([
      1,
      [expect.stringMatching(/^up\.mar: the model up: .*neither a zip nor a gzipped tar.* \(model\)$/)],
    ]);
  });
});
