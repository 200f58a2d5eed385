import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand, type CommandResult } from './support/run-command.js';
import { TemporaryFolder } from './support/temporary-folder.js';

const sample = fileURLToPath(new URL('../../../../samples/digits', import.meta.url));
const spec = 'models:\n  retry-attempts: 0\ndag:\n  shout: [mark, count]\n  mark: [join]\n  count: [join]\n';
const functions = `def shout(data, context):
    if data is None:
        return None
    print("got", data[0]["body"])
    return [data[0]["body"].upper()]

def mark(data, context):
    return data and [data[0]["body"].decode() + "!"]

def count(data, context):
    return data and [len(data[0]["body"])]

def join(data, context):
    return data and [data[0]["mark"].decode() + data[0]["count"].decode()]
`;

let root: TemporaryFolder;
beforeEach(async () => {
  root = await TemporaryFolder.make();
});
afterEach(() => root.remove());

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand(['war', 'run', ...args], { environment: { PATH: process.env['PATH'] ?? '' } });

async function write(source = functions): Promise<string> {
  await root.write({ 'flow/flow.yaml': spec, 'flow/flow.py': source, 'hello.txt': 'hello' });
  return root.at('flow');
}

/** By node, what was told of it. */
const told = (stderr: string): string[] => stderr.replace(/, \d+\.\d ms/g, '').split('\n');

describe('war run', () => {
  it('runs the whole graph, with the answer alone on stdout', async () => {
    const { code, stdout, stderr } = await run(await write(), '--input', root.at('hello.txt'));
    expect([code, stdout]).toEqual([0, 'HELLO!5']);
    const lines = told(stderr);
    const at = lines.indexOf('join (function)');
    expect(lines.slice(at, at + 4).sort()).toEqual([
      ...['  in   count: 5', '  in   mark: HELLO!', '  out  HELLO!5', 'join (function)'],
    ]);
    const first = lines.indexOf('shout (function)');
    expect(lines.slice(first + 1, first + 3)).toEqual(['  in   body (text/plain): hello', '  out  HELLO']);
    expect(lines).toContain('shout | got hello');
  }, 60_000);

  it('runs one node, whatever it receives', async () => {
    const folder = await write();
    await root.write({ 'join.json': '{"mark": "a", "count": 7}' });
    const { code, stdout, stderr } = await run(folder, '--node', 'join', '--input', root.at('join.json'));
    expect([code, stdout]).toEqual([0, 'a7']);
    expect(told(stderr)).not.toContain('shout (function)');
    const counted = await run(folder, '--node', 'count', '--input', root.at('hello.txt'));
    expect(counted.stdout).toBe('5');
  }, 60_000);

  it('tells the node and the line of what fails, and exits with 1', async () => {
    const folder = await write(functions.replace('len(data', 'lens(data'));
    const { code, stdout, stderr } = await run(folder, '--input', root.at('hello.txt'));
    expect([code, stdout]).toEqual([1, '']);
    expect(told(stderr)).toContain('count (function): failed');
    expect(stderr).toContain(
      `${folder}/flow.py:11:1: the node count has failed: NameError: name 'lens' is not defined (run)\n` +
        '        return data and [lens(data[0]["body"])]\n        ^\n',
    );
  }, 60_000);

  it('tells the line of what does not load', async () => {
    const folder = await write(`${functions}\nlimit = nowhere\n`);
    const { code, stderr } = await run(folder, '--input', root.at('hello.txt'));
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${folder}/flow.py:16:1: NameError: name 'nowhere' is not defined (load)\n    limit = nowhere\n`,
    );
  }, 60_000);

  it('tells what does not compile, and that a function is missing, without running anything', async () => {
    const marker = root.at('was-run');
    const source = functions.replace('def mark(', 'def other(');
    const folder = await write(`open(${JSON.stringify(marker)}, "w")\n${source}\ndef (:\n`);
    const broken = await run(folder, '--input', root.at('hello.txt'));
    expect([broken.code, broken.stderr]).toEqual([
      1,
      expect.stringMatching(/flow\.py:17:5: SyntaxError: .*\(python\)\n/),
    ]);
    await write(`open(${JSON.stringify(marker)}, "w")\n${source}`);
    const missing = await run(folder, '--input', root.at('hello.txt'));
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/flow\.py:1:1: the node mark .* defines no mark/),
    ]);
    await expect(readFile(marker)).rejects.toMatchObject({ code: 'ENOENT' });
  }, 60_000);

  it('ends at a Ctrl-C, with the functions that run', async () => {
    const marker = root.at('runs');
    const waiting = functions.replace(
      '    print(',
      `    open(${JSON.stringify(marker)}, "w")\n    import time; time.sleep(600)\n    print(`,
    );
    const folder = await write(waiting);
    const running = run(folder, '--input', root.at('hello.txt'));
    await vi.waitFor(() => readFile(marker), 50_000);
    const mine = async (): Promise<string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('torchweave-run-war-'));
    const before = await mine();
    process.emit('SIGINT');
    expect(await running).toMatchObject({ code: 130, stdout: '' });
    expect((await mine()).length).toBeLessThan(before.length);
  }, 60_000);

  it('tells the faults of a folder without running anything', async () => {
    const folder = await write();
    await root.write({ 'flow/flow.yaml': 'dag:\n  shout: [mark\n' });
    const { code, stderr } = await run(folder, '--input', root.at('hello.txt'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/flow\.yaml:\d+:\d+: .* \(yaml\)\n/);
  });

  it('runs models from their sources, and a packed archive with packed models', async () => {
    const picture = `${sample}/held-out/003-digit-7.png`;
    const models = ['--model-store', `${sample}/models`];
    const ran = await run(`${sample}/workflow`, ...models, '--input', picture);
    expect(ran.stdout).toContain('"digit": 7');
    expect(told(ran.stderr)).toContain('logistic (model)');
    expect(ran.stderr).toMatch(/in {3}body \(image\/png\): 127 bytes, sha256 3f8834558e55…/);

    for (const name of ['logistic', 'network']) {
      const file = `${sample}/models/${name}/digits_${name}`;
      const packed = ['--model-name', `digits_${name}`, '--version', '1.0', '--handler', `${file}.py`];
      await runCommand(['mar', 'create', ...packed, '--extra-files', `${file}.json`, '--export-path', root.path]);
    }
    const sources = ['--spec-file', `${sample}/workflow/digits.yaml`, '--handler', `${sample}/workflow/digits.py`];
    await runCommand(['war', 'create', '--workflow-name', 'd', ...sources, '--export-path', root.path]);
    const packed = await run(root.at('d.war'), '--input', picture);
    expect([packed.code, packed.stdout]).toEqual([0, ran.stdout]);
  }, 120_000);

  it.each([
    ['a node that it has not', ['--node', 'none'], /flow has no node none\. It has shout, mark, count, join\./, 2],
    ['a node whose input is another', ['--node', 'join'], /The node join receives a field of each/, 2],
    [
      'a file that is not there',
      ['--input', 'none.txt'],
      /The file of --input, none\.txt, cannot be read \(ENOENT\)/,
      1,
    ],
  ])('tells with a sentence %s', async (_what, args, sentence, exitCode) => {
    const folder = await write();
    const { code, stderr } = await run(folder, '--input', root.at('hello.txt'), ...args);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(exitCode);
  });

  it('leaves nothing behind', async () => {
    const folder = await write();
    const files = await readdir(folder);
    await run(folder, '--input', root.at('hello.txt'));
    expect(await readdir(folder)).toEqual(files);
    expect(await readFile(root.at('flow/flow.py'), 'utf8')).toBe(functions);
  }, 60_000);
});
