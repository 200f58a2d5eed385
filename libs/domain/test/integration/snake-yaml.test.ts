import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isScalar, isSeq } from 'yaml';
import { describe, expect, it } from 'vitest';
import { SpecDocument } from '../../src/spec/spec-document.js';

/** A value as both parsers can tell it; null for a document that is refused. */
type Told = { readonly [kind: string]: unknown } | null;

const reader = fileURLToPath(new URL('./SnakeYamlReader.java', import.meta.url));
const home = process.env['TORCHWEAVE_TORCHSERVE_HOME'] ?? join(homedir(), '.cache', 'torchweave', 'torchserve-0.12.0');
const libraries = join(home, 'lib');

function findJar(): string | undefined {
  if (!existsSync(libraries) || spawnSync('java', ['-version']).status !== 0) return undefined;
  const candidates = readdirSync(libraries).map((python) =>
    join(libraries, python, 'site-packages', 'ts', 'frontend', 'model-server.jar'),
  );
  return candidates.find((path) => existsSync(path));
}

function bySnakeYaml(classPath: string, documents: readonly string[]): Told[] {
  const input = documents.map((text) => `${Buffer.from(text).toString('base64')}\n`).join('');
  const { stdout, stderr } = spawnSync('java', ['-cp', classPath, reader], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length, stderr).toBe(documents.length);
  return lines.map((line) => numbersAsHere(JSON.parse(line) as Told));
}

/** Java has whole numbers of any size, and writes fractions in its own way. */
function numbersAsHere(told: unknown): Told {
  if (Array.isArray(told)) return told.map(numbersAsHere) as unknown as Told;
  if (typeof told !== 'object' || told === null) return told as Told;
  return Object.fromEntries(
    Object.entries(told).map(([kind, value]) => {
      if (kind === 'whole' || kind === 'fraction') return ['number', String(Number(value))];
      // No spec says anything by a date: which one it is is not compared.
      if (kind === 'date') return [kind, ''];
      return [kind, typeof value === 'object' ? numbersAsHere(value) : value];
    }),
  );
}

function tell(document: SpecDocument, at: Parameters<SpecDocument['resolve']>[0]): Told {
  const node = document.resolve(at);
  if (isSeq(node)) return { list: document.items(node).map((item) => tell(document, item)) };
  if (isMap(node)) {
    return {
      map: document.entries(node).map(({ keyNode, value }) => [tell(document, keyNode), tell(document, value)]),
    };
  }
  const value = isScalar(node) ? node.value : null;
  if (value === null) return { nothing: 'null' };
  if (value instanceof Date) return { date: '' };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (typeof value === 'number') return { number: String(value === 0 ? 0 : value) };
  return { [typeof value === 'string' ? 'text' : 'boolean']: String(value) };
}

function here(text: string): Told {
  const document = new SpecDocument(text, 'spec.yaml');
  return document.syntaxProblems.length > 0 ? null : tell(document, document.contents);
}

/** Plain scalars: those that look like numbers, times and words of YAML, and any others of their characters. */
const plainScalar = fc
  .oneof(
    fc.stringMatching(/^[-+]?[0-9_]{1,6}(\.[0-9_]{0,4})?([eE][-+]?[0-9]{1,2})?$/),
    fc.stringMatching(/^[-+]?0[box]?[0-9a-fA-F_]{0,6}$/),
    fc.stringMatching(/^[-+]?[0-9]{1,3}(:[0-9]{1,2}){1,3}(\.[0-9]{0,2})?$/),
    fc.stringMatching(/^[-+]?\.?[iInN][nNaA][fFnN]$/),
    fc.stringMatching(/^[a-zA-Z][0-9]{1,3}$/),
    fc.stringMatching(/^[0-9eE.+_-]{1,6}$/),
    fc.stringMatching(
      /^20[0-9]{2}-[0-9]{1,2}-[0-3]?[0-9]([Tt ][0-2]?[0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?( ?Z| ?[-+][01]?[0-9](:[03]0)?)?)?$/,
    ),
    fc.constantFrom(
      ...[
        'y',
        'n',
        'Y',
        'N',
        'yes',
        'Yes',
        'YES',
        'yEs',
        'no',
        'on',
        'On',
        'off',
        'OFF',
        'true',
        'True',
        'TRUE',
        'false',
      ],
      ...[
        'null',
        'Null',
        'NULL',
        '~',
        'nUll',
        'e1',
        'E5',
        '08',
        '1e3',
        '0o7',
        '1_000',
        '.inf',
        '-.INF',
        '.nan',
        '=',
        '0_',
      ],
    ),
  )
  // A dash or a question mark that stands alone begins an entry; what has spaces around is not what it seems.
  .filter((text) => text.trim() === text && !/^[-?:]?$/.test(text));

/** The same text as editors and people lay it out. */
const layouts: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll('\n', '\r'),
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => text.trimEnd(),
  (text) => text.replaceAll('[', '[\n').replaceAll(', ', ',\n'),
  (text) => text.replaceAll('[', '[# children\n').replaceAll(']', '\n]# that is all'),
  (text) => `{\n${JSON.stringify(text)}:\n"on\nseveral lines"# a text\n}`,
];

/** Specs in the manner of people: anchors, merges, quotes, comments, lists in brackets and below one another. */
const name = fc.constantFrom('pre', 'up', 'e1', '08', 'post', 'a-b', 'yes', 'n', 'x.y');
const setting = fc.tuple(
  fc.constantFrom('min-workers', 'max-workers', 'batch-size', 'timeout-ms', 'retry-attempts', 'x-note', 'url'),
  fc.oneof(plainScalar, fc.constantFrom('"quoted"', "'it''s'", '"\\u00e9"', '[1, two]', '{a: 1}', '')),
);
const uniqueBy = <V>(values: readonly (readonly [string, V])[]): (readonly [string, V])[] => [
  ...new Map(values.map((each) => [each[0], each])).values(),
];
const spec = fc
  .record({
    globals: fc.array(setting, { maxLength: 3 }).map(uniqueBy),
    models: fc
      .array(fc.tuple(name, fc.array(setting, { minLength: 1, maxLength: 3 }).map(uniqueBy)), {
        minLength: 1,
        maxLength: 3,
      })
      .map(uniqueBy),
    dag: fc.array(fc.tuple(name, fc.array(name, { maxLength: 3 })), { minLength: 1, maxLength: 3 }).map(uniqueBy),
    merges: fc.boolean(),
    inFlow: fc.boolean(),
    layout: fc.constantFrom(...layouts),
  })
  .map(({ globals, models, dag, merges, inFlow, layout }) => {
    const base = merges ? 'base: &base\n  batch-size: 4\n  max-batch-delay: 1e1\n' : '';
    const lines = models.map(([key, settings]) => {
      const own = settings.map(([k, v]) => `    ${k}: ${v}\n`).join('');
      return `  m${key}: # a model\n${merges ? '    <<: *base\n' : ''}${own}`;
    });
    const nodes = dag.map(([key, children]) => {
      if (inFlow || children.length === 0) return `  ${key}: [${children.join(', ')}]\n`;
      return `  ${key}:\n${children.map((child) => `  - ${child}\n`).join('')}`;
    });
    return layout(
      `${base}models:\n${globals.map(([k, v]) => `  ${k}: ${v}\n`).join('')}${lines.join('')}dag:\n${nodes.join('')}`,
    );
  });

const sameInBoth: readonly string[] = [
  // In brackets and quotes no line needs to be indented, and a comment needs no space before it.
  ...['dag: {\na: [b]\n}\n', 'dag:\n  a: [\nb,\nc\n]\n', 'a: "b\nc"\n', "- 'b\n\nc'\n- - [\n1]\n", '{\na:\nb\nc}\n'],
  ...['a: [b,# c\n  d]\n', 'a: [# c\n  b]# d\n', 'a: {b: c}# d\ne: 1\n', 'a: "b"# c\n', "a: 'b'#c\n"],
  ...[
    'a: b#c\n',
    'a: b # [\nc: d\n',
    'a: it"s [\nb: {\nc: d}\n',
    'a: |\n  ["\n\n  b\nc: [\nd]\n',
    "a: b\n  'c\nd: [\ne]\n",
  ],
  ...[
    'a: 1\rb: 2\r',
    'a: 1\r\rb: "c\rd"\r',
    'a: 1\u0085b: 2',
    'a: 1\u2028b: 2\u2029',
    'a: |\n  b',
    'a: >\n  b\n\n  c',
    'a: |+\n  b',
  ],
  // Numbers, and keys that look alike.
  ...[
    'a: ._5\n',
    'a: -.__5e1\n',
    'a: ._\n',
    'a: 5._5\n',
    '"1": a\n1: b\n1.0: c\n',
    '~: a\n"~": b\n',
    'yes: a\n"yes": b\n',
  ],
  ...['{a: 1}: b\n{c: 2}: d\n', '[a]: b\n[c]: d\n', 'x: &x {"1": a}\ny: {<<: *x, 1: b}\n'],
  // Tags.
  ...['str', 'int', 'float', 'bool', 'null', 'timestamp', 'seq', 'map', 'set', 'omap', 'pairs', 'merge', 'foo'].flatMap(
    (tag) =>
      ['1', '"1"', '1.5', 'x', 'YES', '2020-01-01', '""', '[1]', '[b: 1]', '{b: }', '{b: , c: }'].map(
        (value) => `a: !!${tag} ${value}\n`,
      ),
  ),
  ...[
    'a: !!binary aGk=\n',
    'a: !foo b\n',
    'a: !foo {b: c}\n',
    'a: ! 1\n',
    'a: ! "1"\n',
    'a: ! x\n',
    'a: !!omap [{b: 1, c: 2}]\n',
    'a: !!omap [b]\n',
  ],
  ...[
    'a: !!pairs [b: 1, b: 2]\n',
    'dag: !!omap [pre: [up], up: []]\n',
    '%TAG !e! tag:yaml.org,2002:\n---\na: !e!int "7"\n',
  ],
  // Characters and directives.
  ...[
    'a: b\u0001c\n',
    '# \u0007\na: b\n',
    'a: "\u007f"\n',
    'a: \u0080\n',
    'a: \ufffe\n',
    'a: "\\x01\\u0080"\n',
    '\ufeffa: b\n',
    'a: \u{1f600}\n',
  ],
  ...['%YAML 2.0\n---\na: b\n', '%YAML 1.3\n---\na: 0o7\n', '%YAML 1.2\n---\na: yes\n', '%FOO bar\n---\na: b\n'],
];

const takenHereAlone: readonly string[] = [
  ...['a:\tb\n', '-\ta\n', 'a: [b,\tc]\n', 'a: b\n\t\nc: d\n', 'a: "\\/"\n', 'a: "\\\t"\n'],
  ...['a: <<\n', ': a\n', 'a: {: b}\n', '%YAML 1.1\n%YAML 1.1\n---\na: b\n', `a: ${'['.repeat(60)}${']'.repeat(60)}\n`],
];

const takenThereAlone: readonly string[] = [
  ...['a: 1\na: 2\n', 'true: a\nyes: b\n', '0x1: a\n1: b\n', '~: a\nnull: b\n'],
  ...['a: &a [*a]\n', 'a: &a {b: *a}\n'],
];

const seed = 20_080_119;
const found = findJar();
const missing =
  found === undefined ? ' (skipped: TorchServe 0.12 and java are needed: tools/torchserve/install.sh)' : '';

describe.skipIf(found === undefined)(`what SnakeYAML makes of a spec, which TorchServe reads it with${missing}`, () => {
  const compare = (documents: readonly string[]): void => {
    const theirs = bySnakeYaml(found ?? '', documents);
    const differing = documents
      .map((text, i) => ({ text, here: JSON.stringify(here(text)), there: JSON.stringify(theirs[i]) }))
      .filter((each) => each.here !== each.there);
    expect(differing.slice(0, 30)).toEqual([]);
  };

  it('is made of it here: 2,500 plain scalars, as values and as keys', () => {
    const scalars = fc.sample(plainScalar, { seed, numRuns: 2_500 });
    compare(scalars.map((text, i) => (i % 5 === 0 ? `? ${text}\n: v\n` : `k: ${text}\n`)));
  });

  it('is made of it here: 400 specs', () => compare(fc.sample(spec, { seed, numRuns: 400 })));

  it('is made of it here: what one of both used to refuse or to take for something else', () => compare(sameInBoth));

  const verdicts = (documents: readonly string[]): object[] => {
    const theirs = bySnakeYaml(found ?? '', documents);
    return documents.map((text, i) => ({ text, here: here(text) !== null, there: theirs[i] !== null }));
  };

  it('is also made here of these, which it refuses: no archive of TorchServe has them', () => {
    expect(verdicts(takenHereAlone)).toEqual(takenHereAlone.map((text) => ({ text, here: true, there: false })));
  });

  it('is not made here of these: what repeats a key, or is part of itself, is a mistake', () => {
    expect(verdicts(takenThereAlone)).toEqual(takenThereAlone.map((text) => ({ text, here: false, there: true })));
  });
});
