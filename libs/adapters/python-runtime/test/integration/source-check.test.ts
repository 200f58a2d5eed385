import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scrubbedEnvironment } from '../../src/options.js';
import { inspectSource } from '../../src/source-check/inspect-source.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torchweave-source-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = scrubbedEnvironment(process.env);
const inspect = (source: string, names: readonly string[] = [], python = 'python3') =>
  inspectSource(source, names, { python, environment });

/** An interpreter that does something else. */
async function standIn(script: string): Promise<string> {
  const path = join(folder, 'python');
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

describe('a Python file that is looked at', () => {
  it('is not run, nor is what it imports', async () => {
    const [marker, module] = [join(folder, 'marker'), join(folder, 'sibling.py')];
    await writeFile(module, `open(${JSON.stringify(marker)}, "w")`);
    const source = `import sys\nsys.path.insert(0, ${JSON.stringify(folder)})\nimport sibling\nopen(${JSON.stringify(marker)}, "w")\n`;
    expect(await inspect(source)).toMatchObject({ uncalled: [] });
    expect(existsSync(marker)).toBe(false);
  });

  it('is told with what it has, and what is wrong with that', async () => {
    const source = 'async def pre(data, context): ...\ndef post(data): ...\ndef other(): ...\n';
    expect(await inspect(source, ['pre', 'post', 'nosuch'])).toEqual({
      isOpaque: false,
      hasClasses: false,
      functions: new Map([
        ['pre', { returns: 'a coroutine', line: 1, column: 11 }],
        ['post', { misfit: 'takes 1 argument', line: 2, column: 5 }],
      ]),
      uncalled: [{ name: 'other', line: 3, column: 5 }],
    });
  });

  it('is told with its fault, its place and the Python that says so', async () => {
    expect(await inspect('x = 1\ndef pre(data, context)\n')).toEqual({
      fault: {
        message: expect.stringMatching(/^SyntaxError: /),
        line: 2,
        column: expect.any(Number),
        python: expect.stringMatching(/^3\.\d+$/),
      },
    });
  });

  it.each([
    ['brackets', '('.repeat(200_000)],
    ['signs', `${'-'.repeat(400_000)}1`],
    ['attributes', `a${'.a'.repeat(200_000)}`],
    ['elifs', `if a:\n pass\n${'elif a:\n pass\n'.repeat(40_000)}`],
  ])('may nest %s without end: that is its fault', async (_, source) => {
    expect(await inspect(source)).toEqual({ fault: expect.objectContaining({ message: expect.any(String) }) });
  });

  it('may name things as objects of JavaScript do', async () => {
    const facts = await inspect('def constructor(a, b): ...\n', ['constructor', '__proto__', 'toString']);
    expect(facts).toMatchObject({ functions: new Map([['constructor', {}]]) });
  });
});

describe('a Python that looks at a file', () => {
  it.each([
    ['is killed', 'kill -SEGV $$', 'Python ends while it compiles it (SIGSEGV)'],
    ['has used up its time', 'kill -XCPU $$', 'it takes more than 30 s to be compiled'],
  ])('%s: that is the file’s fault', async (_, script, message) => {
    expect(await inspect('x = 1', [], await standIn(script))).toEqual({ fault: { message } });
  });

  it.each([
    ['ends with a word', 'echo "No module named json" >&2; exit 1', /python does not work: No module named json$/],
    ['ends without one', 'exit 127', /python does not work: exit code 127$/],
  ])('%s: nothing is told of the file', async (_, script, unavailable) => {
    expect(await inspect('x = 1', [], await standIn(script))).toEqual({
      unavailable: expect.stringMatching(unavailable),
    });
  });

  it('may not be there', async () => {
    expect(await inspect('x = 1', [], join(folder, 'nosuch'))).toEqual({
      unavailable: `${join(folder, 'nosuch')} is not found, or may not be run`,
    });
  });
});
