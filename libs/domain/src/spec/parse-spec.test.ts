import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTorchweaveError } from '../errors/torchweave-error.js';
import { inspectSpec, parseSpec } from './parse-spec.js';

const defaults = { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 50, retryAttempts: 1, timeoutMs: 10_000 };

function problemsOf(text: string): string[] {
  const reading = inspectSpec(text, 'spec.yaml');
  if (!('problems' in reading)) return [];
  return reading.problems.map(({ line, column, rule, message }) => `${line}:${column} ${rule}: ${message}`);
}

describe('parseSpec', () => {
  it.each(['e1', 'E5', 'y', 'n', 'o7', 'x.e1'])(
    'takes %s for a name, as TorchServe does, and not for a number or a boolean',
    (node) => {
      const spec = parseSpec(`models:\n  ${node}: {url: a.mar}\ndag:\n  ${node}: [post]\n`, 'spec.yaml');
      expect(spec.models.map(({ name }) => name)).toEqual([node]);
      expect([...spec.dag]).toEqual([[node, ['post']]]);
    },
  );

  it('reads models, their settings and the dag in the order of the file', () => {
    const text = `
models:
  min-workers: 1
  max-workers: 2
  batch-size: 4
  max-batch-delay: 20
  retry-attempts: 2
  timeout-ms: 5000
  up:
    url: upper.mar
    batch-size: 1
  rv:
    url: https://example.com/rev.mar
    min-workers: 3
dag:
  pre: [up, rv]
  rv: [agg]
  up: [agg]
`;
    const globals = {
      minWorkers: 1,
      maxWorkers: 2,
      batchSize: 4,
      maxBatchDelay: 20,
      retryAttempts: 2,
      timeoutMs: 5_000,
    };
    const spec = parseSpec(text, 'spec.yaml');
    expect(spec.globals).toEqual(globals);
    expect(spec.models).toEqual([
      { ...globals, name: 'up', url: 'upper.mar', batchSize: 1 },
      { ...globals, name: 'rv', url: 'https://example.com/rev.mar', minWorkers: 3, maxWorkers: 3 },
    ]);
    expect([...spec.dag]).toEqual([
      ['pre', ['up', 'rv']],
      ['rv', ['agg']],
      ['up', ['agg']],
    ]);
  });

  it("takes TorchServe's defaults for what the file does not say", () => {
    const spec = parseSpec('models:\n  up: {url: upper.mar}\ndag:\n  up: []\n', 'spec.yaml');
    expect(spec.globals).toEqual(defaults);
    expect(spec.models).toEqual([{ ...defaults, name: 'up', url: 'upper.mar' }]);
  });

  it('has no models where all nodes are functions', () => {
    expect(parseSpec('models:\ndag:\n  pre: [post]\n', 'spec.yaml')).toEqual({
      globals: defaults,
      models: [],
      dag: new Map([['pre', ['post']]]),
    });
  });

  it('skips empty children, as TorchServe does', () => {
    expect(parseSpec('dag:\n  a: [b, ~, "", " "]\n', 'spec.yaml').dag).toEqual(new Map([['a', ['b']]]));
  });

  it('accepts names that JavaScript keeps for itself', () => {
    const { dag } = parseSpec('dag:\n  __proto__: [constructor]\n  constructor: [toString]\n', 'spec.yaml');
    expect([...dag]).toEqual([
      ['__proto__', ['constructor']],
      ['constructor', ['toString']],
    ]);
  });

  it('refuses with every problem at once, each with its place', () => {
    const text = 'models:\n  min_workers: 2\n  up: {batch-size: 0}\ndag:\n  pre: up\n';
    expect(() => parseSpec(text, 'chain.yaml')).toThrow(
      expect.objectContaining({
        code: 'specInvalid',
        status: 400,
        message:
          'chain.yaml:3:20: models.up.batch-size must be a whole number from 1 to 1024, not 0. ' +
          'chain.yaml:2:3: models.min_workers is 2: neither a known setting nor a model. Did you mean min-workers? ' +
          'chain.yaml:3:3: models.up.url is missing. ' +
          'chain.yaml:5:8: dag.pre must be a list of node names, not "up".',
      }),
    );
  });

  it('tells at most a hundred problems', () => {
    const nodes = Array.from({ length: 200 }, (_, i) => `  ${i}-x: []\n`).join('');
    expect(problemsOf(`dag:\n${nodes}`)).toHaveLength(100);
  });

  it('does not repeat what is long', () => {
    const [problem] = problemsOf(`models: ${'x'.repeat(10_000)}\ndag:\n  pre: []\n`);
    expect(problem?.length).toBeLessThan(200);
  });
});

describe('aliases and merges', () => {
  it('stand for what they name', () => {
    const text = 'models:\n  a: &a {url: x, batch-size: 2}\n  b: *a\ndag:\n  pre: &children [a]\n  a: [b]\n';
    const { models } = parseSpec(text, 'spec.yaml');
    expect(models.map(({ name, url, batchSize }) => [name, url, batchSize])).toEqual([
      ['a', 'x', 2],
      ['b', 'x', 2],
    ]);
  });

  it('may stand for a key and a child', () => {
    const { dag } = parseSpec('models:\n  &up up: {url: x}\ndag:\n  pre: [*up]\n  *up : [post]\n', 'spec.yaml');
    expect([...dag]).toEqual([
      ['pre', ['up']],
      ['up', ['post']],
    ]);
  });

  it.each([
    ['a mapping', '{<<: *a, batch-size: 3}'],
    ['a list of mappings, the first of which wins', '{<<: [*a, {url: y, batch-size: 4}], batch-size: 3}'],
    ['a mapping that has merged itself', '{<<: {<<: *a, batch-size: 5}, batch-size: 3}'],
  ])('bring in %s, and what is written out wins', (_what, b) => {
    const text = `models:\n  a: &a {url: x, batch-size: 2, timeout-ms: 7}\n  b: ${b}\ndag:\n  a: [b]\n`;
    expect(parseSpec(text, 'spec.yaml').models[1]).toMatchObject({ name: 'b', url: 'x', batchSize: 3, timeoutMs: 7 });
  });

  it('bring in settings of all models', () => {
    const text = 'models:\n  <<: {batch-size: 3}\n  a: {url: x}\ndag:\n  a: []\n';
    expect(parseSpec(text, 'spec.yaml').models).toMatchObject([{ name: 'a', batchSize: 3 }]);
  });

  it('are checked where they stand', () => {
    const text = 'models:\n  a: &a {url: x, batch-size: 0}\n  b: {<<: *a, url: [1]}\ndag:\n  a: [b]\n';
    expect(problemsOf(text)).toEqual([
      '2:30 setting-values: models.a.batch-size must be a whole number from 1 to 1024, not 0.',
      '2:30 setting-values: models.b.batch-size must be a whole number from 1 to 1024, not 0.',
      '3:20 model-entries: models.b.url must be a file name or URL, not a list.',
    ]);
  });
});

describe('a file that is no sound YAML', () => {
  it.each([
    ['an open bracket', 'models: [unclosed\n  - :::', /^1:10 yaml: Failed to parse yaml\. /],
    ['a tab', 'dag:\n\ta: []\n', /^2:1 yaml: Failed to parse yaml\. Tabs are not allowed/],
    ['a key twice', 'dag:\n  a: []\n  a: [b]\n', /^3:3 yaml: the key a stands there twice\.$/],
    [
      'two documents',
      'dag:\n  a: []\n---\ndag:\n',
      /^3:1 yaml: Failed to parse yaml\. There is more than one document\.$/,
    ],
    ['an alias of nothing', 'dag:\n  a: *b\n', /^2:6 yaml: the alias \*b has no anchor before it\.$/],
    ['an alias of itself', 'dag: &d\n  a: *d\n', /^2:6 yaml: the alias \*d stands for what it is part of\.$/],
    [
      'an alias of a list that it is in',
      'dag:\n  a: &l [b, [*l]]\n',
      /^2:14 yaml: the alias \*l stands for what it is/,
    ],
    [
      'a merge of a text',
      'models:\n  a: {<<: b}\ndag:\n  a: []\n',
      /^2:7 yaml: << takes a mapping or a list of mappings\.$/,
    ],
    ['a merge of a list of texts', 'models:\n  <<: [b]\ndag:\n  a: []\n', /^2:3 yaml: << takes a mapping or a list/],
    ['too much nesting', `dag: ${'['.repeat(20_000)}`, /^1:\d+ yaml: the file is nested too deeply\.$/],
    [
      'nesting that is closed again',
      `dag: ${'['.repeat(9_000)}${']'.repeat(9_000)}`,
      /^1:\d+ yaml: the file is nested/,
    ],
    [
      'aliases of aliases whose product is without end',
      `a: &a [1, 1]\n${[...'bcdefghijklmnopqrstuvwxyz'].map((name, i) => `${name}: &${name} [${`*${'abcdefghijklmnopqrstuvwxyz'[i] ?? ''}, `.repeat(3)}1]\n`).join('')}dag: {}\n`,
      /^8:\d+ yaml: the aliases up to this one bring in more than 10000 values\.$/,
    ],
    ['too many characters', `#${'x'.repeat(250_000)}`, /^1:1 yaml: the file has more than 250000 characters\.$/],
  ])('is refused for %s', (_what, text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });

  it('is refused for more aliases than anybody needs', () => {
    const aliases = Array.from({ length: 101 }, () => '*a').join(', ');
    expect(problemsOf(`dag:\n  pre: [&a x]\n  post: [${aliases}]\n`)).toEqual([
      '3:410 yaml: the file has more than 100 aliases.',
    ]);
  });

  const keysOf = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}: 1`).join(', ');

  it.each([
    ['values', (count: number) => `all: &all [${'1, '.repeat(count - 2)}1]\nx: [*all]\ndag:\n  a: []\n`],
    [
      'values of values',
      (count: number) => `u: &u [1, 1, 1]\nall: &all [*u, ${'1, '.repeat(count - 10)}1]\nx: [*all]\ndag:\n  a: []\n`,
    ],
  ])('is refused for aliases that bring in more than 10000 %s', (_what, text) => {
    expect(problemsOf(text(10_000))).toEqual([]);
    expect(problemsOf(text(10_001))).toEqual([
      expect.stringMatching(/^\d+:\d+ yaml: the aliases up to this one bring in more than 10000 values\.$/),
    ]);
  });

  it('is refused for merges of more than 10000 keys', () => {
    const text = (keys: number): string =>
      `models:\n  x-a: &a {${keysOf(keys)}}\n${[1, 2, 3, 4].map((i) => `  m${i}: {<<: *a, url: u}\n`).join('')}dag:\n  m1: []\n`;
    expect(problemsOf(text(2_500))).toEqual([]);
    expect(problemsOf(text(2_501))).toEqual(['6:7 yaml: << brings in more than 10000 keys in this file.']);
  });

  it('may have as many stars as it likes where they are no aliases', () => {
    expect(problemsOf(`# ${'*a '.repeat(1_000)}\ndag:\n  pre: []\n`)).toEqual([]);
  });

  it('does not grow by aliases of aliases', () => {
    const level = (name: string, below: string): string =>
      `${name}: &${name} {<<: [${`${below}, `.repeat(9)}${below}]}`;
    const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const lines = levels.slice(1).map((name, i) => level(name, `*${levels[i] ?? ''}`));
    const text = `models:\n  a: &a {url: x}\n  ${lines.join('\n  ')}\ndag:\n  a: []\n`;
    expect(parseSpec(text, 'spec.yaml').models).toHaveLength(levels.length);
  });

  it('tells at most ten faults', () => {
    expect(problemsOf('a: b: c\n'.repeat(1_000)).length).toBeLessThanOrEqual(10);
  });
});

/** Pieces that specs are made of, and that break them. */
const piece = fc.oneof(
  fc.constantFrom('models', 'dag', 'url', 'up', 'pre', 'batch-size', 'min-workers', '<<', '1', '~', 'yes', '"q"', '-1'),
  fc.constantFrom(': ', ':\n  ', ':\n    ', '\n', '\n  ', '\n- ', ', ', '[', ']', '{', '}', '? ', '- ', '|\n', '>\n'),
  fc.constantFrom(
    '&a ',
    '*a',
    '&b ',
    '*b',
    '!!set ',
    '!!binary ',
    '!!omap ',
    '!!int ',
    '!x ',
    '---\n',
    '...\n',
    '#',
    '%',
  ),
  fc.string({ maxLength: 5 }),
);

describe('any text', () => {
  it('is a spec, or is refused with problems that have a place in it', () => {
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    const property = fc.property(text, (spec) => {
      try {
        parseSpec(spec, 'spec.yaml');
      } catch (error) {
        if (!isTorchweaveError(error, 'specInvalid')) throw error;
        const lines = spec.split(/\r\n|\r|\n/);
        expect(error.data.problems).not.toHaveLength(0);
        for (const { line, column, message } of error.data.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(message).not.toBe('');
        }
      }
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
