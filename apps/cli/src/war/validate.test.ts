import { manifestText, modelFiles, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedArchives, recordedScenarios } from '../../test/e2e/support/recordings.js';
import { archiveOf } from '../../test/e2e/support/write-archives.js';
import { runCommand } from '../../test/integration/support/run-command.js';
import { TemporaryFolder } from '../../test/integration/support/temporary-folder.js';
import { problemLine } from './problem.js';
import { validateWorkflow } from './validate.js';

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await TemporaryFolder.make();
  const model = await zipOf(modelFiles());
  await folder.write({ 'models/upper.mar': model, 'models/rev.mar': model, 'models/echo.mar': model });
});

afterEach(() => folder.remove());

/** Problems as `war validate` prints them, without the folder of the test. */
async function problemsOf(name: string, content: string | Buffer): Promise<string[]> {
  await folder.write({ [name]: content });
  const { problems } = await validateWorkflow(folder.at(name), { modelStore: folder.at('models') });
  return problems.map((problem) => problemLine(problem).replaceAll(`${folder.path}/`, ''));
}

async function problemsOfRecorded(name: string): Promise<string[]> {
  const recorded = recordedArchives[name];
  if (recorded === undefined) throw new Error(`there is no recorded archive ${name}`);
  return problemsOf(name, archiveOf(recorded));
}

/** Archive to each problem that it must be told to have. */
const faults: Readonly<Record<string, readonly RegExp[]>> = {
  'notzip.war': [/^notzip\.war: .*neither a zip nor a gzipped tar \(archive\)$/],
  'empty.war': [/^empty\.war: .*it is empty \(archive\)$/],
  'nomanifest.war': [/^nomanifest\.war: .*no WAR-INF\/MANIFEST\.json.* \(archive\)$/],
  'noname.war': [/^noname\.war\/WAR-INF\/MANIFEST\.json:1:56: Workflow name is not defined\. \(manifest\)$/],
  'nospecfile.war': [/^nospecfile\.war\/WAR-INF\/MANIFEST\.json:1:\d+: .*workflow\.specFile\. \(manifest\)$/],
  'nocreated.war': [/MANIFEST\.json:1:1: Workflow archive createdOn is not defined\. \(manifest\)$/],
  'noarchver.war': [/MANIFEST\.json:1:1: Workflow archive version is not defined\. \(manifest\)$/],
  'missingspec.war': [
    /^missingspec\.war\/spec\.yaml: The spec file spec\.yaml, .* is not in the archive\. \(archive\)$/,
  ],
  'badyaml.war': [/^badyaml\.war\/spec\.yaml:\d+:\d+: Failed to parse yaml\. .* \(yaml\)$/],
  'emptyspec.war': [/^emptyspec\.war\/spec\.yaml:1:1: .*the file is empty\. \(known-sections\)$/],
  'nodag.war': [/^nodag\.war\/spec\.yaml:1:1: the key dag is missing.* \(dag-adjacency\)$/],
  'dagstring.war': [
    /^dagstring\.war\/spec\.yaml:5:8: dag\.pre must be a list .* \(dag-adjacency\)$/,
    /^dagstring\.war\/spec\.yaml:6:7: dag\.up must be a list .* \(dag-adjacency\)$/,
  ],
  'badworkers.war': [
    /^badworkers\.war\/spec\.yaml:2:16: models\.min-workers must be .* \(setting-values\)$/,
    /^badworkers\.war\/spec\.yaml:3:16: models\.max-workers must be .* \(setting-values\)$/,
  ],
  'negworkers.war': [
    /spec\.yaml:2:16: models\.min-workers must be .* \(setting-values\)$/,
    /spec\.yaml:3:16: models\.max-workers must be .* \(setting-values\)$/,
  ],
  'zerobatch.war': [/spec\.yaml:2:15: models\.batch-size must be .* \(setting-values\)$/],
  'underscore.war': [/spec\.yaml:2:3: models\.min_workers .*Did you mean min-workers\? \(model-entries\)$/],
  'zipslip.war': [/^zipslip\.war: .*evil\.txt.*leads out of the archive \(archive\)$/],
  'emptydag.war': [/^emptydag\.war\/spec\.yaml:4:1: DAG should have only one start node: .* \(dag\)$/],
  'cycle.war': [/^cycle\.war\/spec\.yaml:8:3: Not a valid DAG: there is a cycle among up, rv\. \(dag\)$/],
  'self.war': [/^self\.war\/spec\.yaml:5:8: Self loop exception: node up .* \(dag\)$/],
  'twostart.war': [/^twostart\.war\/spec\.yaml:8:3: DAG should have only one start node: it has 2, up, rv\. \(dag\)$/],
  'extraedge.war': [/^extraedge\.war\/spec\.yaml:5:13: loop exception: .* named twice\. \(dag\)$/],
  'missinghandler.war': [
    /^missinghandler\.war\/h\.py: The handler file h\.py, .* is not in the archive\. \(handler\)$/,
  ],
  'unknownfn.war': [/^unknownfn\.war\/h\.py:1:1: the node nosuch .* defines no nosuch\. \(functions\)$/],
  'missingmar.war': [/^missingmar\.war\/spec\.yaml:5:10: the model up needs nosuch\.mar, .* \(model-store\)$/],
  'strangename.war': [/MANIFEST\.json:1:\d+: The workflow name "my workflow\/\.\.\/x" is not valid: .* \(manifest\)$/],
};

/** The archives of the scenarios on archives, and whether a server must refuse them. */
const recordedVerdicts = recordedScenarios
  .filter(({ scenario }) => scenario.startsWith('archive: '))
  .flatMap(({ steps }) => steps)
  .filter(({ method, path }) => method === 'POST' && path.startsWith('/workflows?url='))
  .map(({ path, expect: expected, torchserve }) => {
    const url = new URLSearchParams(path.slice(path.indexOf('?'))).get('url') ?? '';
    const [status] = [expected?.status ?? torchserve.status].flat();
    return { url, isRefused: status !== undefined && status >= 400 };
  })
  .filter(({ url }) => url in recordedArchives);

describe('war validate', () => {
  it.each(Object.entries(faults))('names the fault of %s and no other', async (name, patterns) => {
    const told = await problemsOfRecorded(name);
    for (const pattern of patterns) expect(told).toContainEqual(expect.stringMatching(pattern));
    expect(told.filter((line) => !patterns.some((pattern) => pattern.test(line)) && !/\(yaml\)$/.test(line))).toEqual(
      [],
    );
  });

  it('has a case for every recorded archive that a server must refuse', () => {
    const refused = recordedVerdicts.filter(({ isRefused }) => isRefused).map(({ url }) => url);
    expect(Object.keys(faults).sort()).toEqual([...new Set(refused)].sort());
  });

  it.each(recordedVerdicts.filter(({ isRefused }) => !isRefused))('finds nothing in $url', async ({ url }) => {
    expect(await problemsOfRecorded(url)).toEqual([]);
  });

  it.each(['chain.war', 'diamond.war', 'retleaf.war', 'types.war'])('finds nothing in %s', async (name) => {
    expect(await problemsOfRecorded(name)).toEqual([]);
  });

  it('tells the faults of manifest, spec, dag and handler together', async () => {
    const spec = 'models:\n  batch-size: 0\n  up: {url: upper.mar}\ndag:\n  pre: [up, up]\n  up: [up]\n';
    const files = {
      'WAR-INF/MANIFEST.json': manifestText({ workflowName: 'a b' }, { createdOn: undefined }),
      'spec.yaml': spec,
      'h.py': 'def post(data, context): return data\n',
    };
    const told = await problemsOf('many.war', await zipOf(files));
    expect(told.map((line) => line.replace(/^many\.war\/([\w./-]+?):(\d+):.*\((.*)\)$/, '$1:$2 $3'))).toEqual([
      'WAR-INF/MANIFEST.json:1 manifest',
      'WAR-INF/MANIFEST.json:1 manifest',
      'spec.yaml:2 setting-values',
      'spec.yaml:6 dag',
      'spec.yaml:5 dag',
      'h.py:1 functions',
    ]);
  });

  it('tells what of a probe is not there, or cannot be compared with', async () => {
    const dag = 'dag:\n  pre: []\n';
    const pack = (probe: string, files: Readonly<Record<string, string | Buffer>> = {}): Promise<Buffer> =>
      zipOf(workflowFiles({ name: 'p', spec: `${dag}${probe}\n`, files }));
    const bytes = Buffer.of(255);
    expect(await problemsOf('p.war', await pack('probe: one', { one: bytes }))).toEqual([]);
    expect(await problemsOf('p.war', await pack('probe: one'))).toEqual([
      'p.war/spec.yaml:3:8: the file one of the probe is not there. (probe)',
    ]);
    const both = 'probe: {file: one, answer: two}';
    expect(await problemsOf('p.war', await pack(both, { one: bytes, two: '{' }))).toEqual([
      expect.stringMatching(/^p\.war\/spec\.yaml:3:28: the file two of the probe cannot be read: .*\(probe\)$/),
    ]);
    expect(await problemsOf('p.war', await pack(both, { one: bytes, two: bytes }))).toEqual([
      'p.war/spec.yaml:3:28: the file two of the probe cannot be read: it is not UTF-8 text. (probe)',
    ]);
    expect(await problemsOf('p.war', await pack('probe: {answer: two}', { two: '1' }))).toEqual([
      'p.war/spec.yaml:3:1: probe.file is missing: it names the file that is sent. (probe-section)',
    ]);
  });

  it('tells function nodes without a handler', async () => {
    const told = await problemsOf('bare.war', await zipOf(workflowFiles({ handler: null })));
    expect(told).toEqual([expect.stringMatching(/workflow\.handler is missing, .* functions: pre\. \(handler\)$/)]);
  });

  it('says nothing of a handler that it cannot read as text', async () => {
    const files = { ...workflowFiles(), 'h.py': Buffer.from('# -*- coding: latin-1 -*-\n# \xe9\n', 'latin1') };
    expect(await problemsOf('latin.war', await zipOf(files))).toEqual([]);
  });

  it('takes a spec file alone, without asking for its functions', async () => {
    expect(await problemsOf('good.yaml', 'dag:\n  pre: [post]\n')).toEqual([]);
    expect(await problemsOf('bad.yml', 'dag:\n  pre: [pre]\n')).toEqual([
      'bad.yml:2:9: Self loop exception: node pre has an edge to itself. (dag)',
    ]);
  });

  it('takes a folder with the files of an archive', async () => {
    const inFolder = (files: object) =>
      Object.fromEntries(Object.entries(files).map(([path, content]) => [`unpacked/${path}`, String(content)]));
    await folder.write(inFolder(workflowFiles({ handler: 'x = 1\n' })));
    const { problems } = await validateWorkflow(folder.at('unpacked'), {});
    expect(problems).toEqual([expect.objectContaining({ rule: 'functions', file: folder.at('unpacked/h.py') })]);
  });

  it('ends with 1 and goes on to the other files when one has a problem', async () => {
    await folder.write({ 'good.war': await zipOf(workflowFiles()), 'bad.war': 'x' });
    const files = [folder.at('nosuch.war'), folder.at('bad.war'), folder.at('good.war')];
    const { code, stdout } = await runCommand(['war', 'validate', ...files]);
    expect(code).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(`${folder.path}/`, '')),
    ).toEqual([
      'nosuch.war: there is no such file or folder. (archive)',
      expect.stringMatching(/^bad\.war: /),
      'good.war: ok',
    ]);
  });

  it('tells what is ignored, and ends with 0', async () => {
    await folder.write({ 'more.yaml': 'x-common: 1\nmodels:\n  up: {url: a, minWorkers: 2}\ndag:\n  up: []\n' });
    const file = folder.at('more.yaml');
    const lines = [
      `${file}: ok`,
      `${file}:1:1: warning: the key "x-common" is ignored: a spec has models and dag. (known-sections)`,
      `${file}:3:16: warning: the unknown key models.up.minWorkers (2) is ignored. Did you mean min-workers? (model-entries)`,
    ];
    expect(await runCommand(['war', 'validate', file])).toMatchObject({
      code: 0,
      stdout: `${lines.join('\n')}\n`,
      stderr: '',
    });
    const { stdout } = await runCommand(['war', 'validate', '--json', file]);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      files: [{ problems: [], warnings: [{ line: 1 }, { line: 3 }] }],
    });
  });

  it('tells the same as JSON', async () => {
    await folder.write({ 'cycle.yaml': 'dag:\n  a: [b]\n  b: [c]\n  c: [b]\n' });
    const { code, stdout } = await runCommand(['war', 'validate', '--json', folder.at('cycle.yaml')]);
    expect(code).toBe(1);
    const file = folder.at('cycle.yaml');
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      files: [
        {
          file,
          problems: [
            { rule: 'dag', message: 'Not a valid DAG: there is a cycle among b, c.', file, line: 3, column: 3 },
          ],
          warnings: [],
        },
      ],
    });
  });

  it('shows the line of each problem, with a caret below its place', async () => {
    await folder.write({
      'cycle.yaml': 'dag:\n  a: [b]\n  b: [c, 1]\n',
      'bare.war': await zipOf(workflowFiles({ handler: null })),
    });
    const { stdout } = await runCommand(['war', 'validate', folder.at('cycle.yaml'), folder.at('bare.war')]);
    expect(stdout.replaceAll(`${folder.path}/`, '').split('\n')).toEqual([
      'cycle.yaml:3:10: dag.b must be a list of node names, but holds 1. (dag-adjacency)',
      '      b: [c, 1]',
      '             ^',
      expect.stringMatching(/^bare\.war\/WAR-INF\/MANIFEST\.json: .* \(handler\)$/),
      '',
    ]);
  });

  it('refuses a model store that is not there', async () => {
    await folder.write({ 'good.yaml': 'dag:\n  a: [b]\n' });
    const args = ['war', 'validate', folder.at('good.yaml'), '--model-store', folder.at('nosuch')];
    const { code, stderr } = await runCommand(args);
    expect(code).toBe(1);
    expect(stderr).toContain('--model-store cannot be read');
  });
});
