import { TorchweaveError } from '@torchweave/domain';
import { manifestText, rawZip, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../test/integration/support/run-command.js';
import { TemporaryFolder } from '../../test/integration/support/temporary-folder.js';
import { CliError, usageError } from './cli-error.js';
import { takesColours } from './colours.js';
import { failureOf } from './failure.js';
import { printableJson, printableLine, printableText } from './printable.js';
import { lineProgress, terminalProgress } from './progress.js';
import type { TextStream } from './streams.js';
import { alignColumns, countText, sizeText } from './text.js';
import { Writable } from 'node:stream';

const escape = '\u001b[';

function recordingStream(columns: number): { stream: TextStream; written: string[] } {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: true, columns }), written };
}

describe('colours', () => {
  it('are for terminals only, and not where NO_COLOR or a dumb terminal forbids them', () => {
    expect(takesColours({ isTTY: true }, {})).toBe(true);
    expect(takesColours({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(takesColours({}, {})).toBe(false);
    expect(takesColours({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(takesColours({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  });

  it('reach a result on a terminal, and never its JSON', async () => {
    const folder = await TemporaryFolder.make();
    try {
      await folder.write({ 'a.yaml': 'dag:\n  a: [b]\n' });
      const args = ['war', 'validate', folder.at('a.yaml')];
      expect((await runCommand(args, { isTerminal: true })).stdout).toContain(escape);
      expect((await runCommand(args, { isTerminal: true, environment: { NO_COLOR: '1' } })).stdout).not.toContain(
        escape,
      );
      expect((await runCommand([...args, '--json'], { isTerminal: true })).stdout).not.toContain(escape);
      expect((await runCommand(args)).stdout).not.toContain(escape);
    } finally {
      await folder.remove();
    }
  });
});

describe('what an archive may hold', () => {
  const evil = 'a\u001b]0;title\u0007\u001b[2J\u009b31m\r\u202egpj\u0001x';
  const shown = 'a\\x1b]0;title\\x07\\x1b[2J\\x9b31m\\r\\u202egpj\\x01x';
  /** In double quotes of YAML, which has no such characters but by escapes. */
  const quoted = (text: string): string =>
    JSON.stringify(text).replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const steers = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

  const archives: readonly [string, () => Promise<Buffer>, string][] = [
    ['the name of an entry', () => Promise.resolve(rawZip([{ name: evil }])), shown],
    ['a key of its spec', () => zipOf(workflowFiles({ spec: `models:\n  ${quoted(evil)}: 1\ndag: {a: []}\n` })), shown],
    ['a name of a node', () => zipOf(workflowFiles({ spec: `dag:\n  ${quoted(evil)}: []\n` })), shown],
    [
      'a spec with characters that no spec has',
      () => zipOf(workflowFiles({ spec: `# ${evil}\ndag: {a: []}\n` })),
      'The character U+001B is not allowed.',
    ],
    [
      'the name of its workflow',
      () => zipOf({ ...workflowFiles(), 'WAR-INF/MANIFEST.json': manifestText({ workflowName: evil }) }),
      shown,
    ],
    [
      'the path of its spec',
      () => zipOf({ ...workflowFiles(), 'WAR-INF/MANIFEST.json': manifestText({ specFile: evil }) }),
      shown,
    ],
    [
      'when it was made',
      () => zipOf({ ...workflowFiles(), 'WAR-INF/MANIFEST.json': manifestText({}, { createdOn: evil }) }),
      shown,
    ],
    [
      'the URL of a model',
      () => zipOf(workflowFiles({ handler: null, spec: `models:\n  up: {url: ${quoted(evil)}}\ndag: {up: []}\n` })),
      shown,
    ],
  ];

  it.each(archives)('%s steers no terminal', async (_what, pack, expected) => {
    const folder = await TemporaryFolder.make();
    try {
      await folder.write({ 'e.war': await pack() });
      const file = folder.at('e.war');
      const commands = [
        ['validate'],
        ['inspect'],
        ['graph'],
        ['graph', '--format', 'dot'],
        ['graph', '--format', 'svg'],
        ['graph', '--format', 'mermaid'],
      ];
      const outputs: string[] = [];
      for (const options of [{}, { isTerminal: true, environment: { NO_COLOR: '1' } }]) {
        for (const [command = '', ...flags] of commands) {
          for (const json of [[], ['--json']]) {
            const { stdout, stderr } = await runCommand(['war', command, file, ...flags, ...json], options);
            expect(stdout + stderr, command).not.toMatch(steers);
            outputs.push(stdout + stderr);
          }
        }
      }
      expect(outputs.join('')).toContain(expected);
    } finally {
      await folder.remove();
    }
  });

  it('colours nothing on a terminal, where ours do', async () => {
    const folder = await TemporaryFolder.make();
    try {
      const red = '\u001b[31m';
      await folder.write({ 'e.war': rawZip([{ name: `${red}a` }]), 'good.war': await zipOf(workflowFiles()) });
      const { stdout } = await runCommand(['war', 'validate', folder.at('e.war'), folder.at('good.war')], {
        isTerminal: true,
      });
      expect(stdout).toContain('\\x1b[31ma');
      expect(stdout).not.toContain(red);
      expect(stdout).toContain('\u001b[32mok\u001b[39m');
    } finally {
      await folder.remove();
    }
  });

  it('is JSON that says the same', () => {
    const value = { evil: `${evil}\u2028\n` };
    expect(printableJson(value)).not.toMatch(steers);
    expect(JSON.parse(printableJson(value))).toEqual(value);
  });

  it('is no line of its own', () => {
    expect([printableLine('a\nb\tc'), printableText('a\nb\rc')]).toEqual(['a\\nb\tc', 'a\nb\\rc']);
  });
});

describe('progress', () => {
  it('is one line of a terminal, no wider than it', () => {
    const { stream, written } = recordingStream(10);
    const progress = terminalProgress(stream);
    progress.status('fetch-archive 3 ms');
    progress.step('fetch-archive 3 ms');
    progress.end();
    expect(written).toEqual([`\r${escape}2Kfetch-ar…`, `\r${escape}2K`]);
  });

  it('is a line for each step elsewhere', () => {
    const { stream, written } = recordingStream(10);
    const progress = lineProgress(stream);
    progress.status('running');
    progress.step('fetch-archive 3 ms');
    progress.end();
    expect(written).toEqual(['fetch-archive 3 ms\n']);
  });
});

describe('failures', () => {
  it('are the sentence of the catalogue', () => {
    const error = new TorchweaveError('workflowNotFound', { workflow: 'digits' });
    expect(failureOf(error)).toEqual({ sentence: error.message, body: error.toBody(), exitCode: 1 });
  });

  it.each([
    ['an unknown error', new Error('EISDIR: illegal operation'), 'EISDIR: illegal operation'],
    [
      'a graph',
      new TorchweaveError('dagInvalid', { reason: 'Not a valid DAG', detail: 'a cycle' }),
      'Not a valid DAG (a cycle)',
    ],
    [
      'a Redis that is away',
      new TorchweaveError('stateUnavailable', { reason: 'refused', retryAfterSeconds: 1 }),
      'The workflow state cannot be reached now: Redis, which keeps it, does not answer. Try again. (refused)',
    ],
  ])('tell the reason of %s, for there is no log to look into', (_what, error, sentence) => {
    expect(failureOf(error).sentence).toBe(sentence);
  });

  it('have the exit code that they ask for', () => {
    expect(failureOf(new CliError('Broken.'))).toEqual({
      sentence: 'Broken.',
      body: { message: 'Broken.' },
      exitCode: 1,
    });
    expect(failureOf(usageError('Twice.')).exitCode).toBe(2);
  });

  it('are told as JSON with --json', async () => {
    const { code, stdout, stderr } = await runCommand(['war', 'inspect', '--json', '/nosuch.war']);
    expect([code, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toEqual({ error: { message: 'There is no file or folder /nosuch.war.' } });
  });

  it('are one sentence without it', async () => {
    const { stderr } = await runCommand(['war', 'inspect', '/nosuch.war']);
    expect(stderr).toBe('torchweave: There is no file or folder /nosuch.war.\n');
  });
});

describe('text', () => {
  it('aligns columns', () => {
    expect(
      alignColumns([
        ['a', 'bb', 'c'],
        ['aaa', 'b'],
      ]),
    ).toEqual(['a    bb  c', 'aaa  b']);
  });

  it('tells sizes and counts for people', () => {
    expect([0, 1, 1023, 1024, 1_572_864, 5 * 1024 ** 4].map(sizeText)).toEqual([
      '0 bytes',
      '1 byte',
      '1023 bytes',
      '1.0 KiB',
      '1.5 MiB',
      '5.0 TiB',
    ]);
    expect([countText(1, 'node'), countText(2, 'node')]).toEqual(['1 node', '2 nodes']);
  });
});
