import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf } from './parser-text.js';
import { inspectSpec } from './parse-spec.js';

/** Every reading gives this spec. */
const expected = new Map([
  ['pre', ['up', 'rv']],
  ['up', ['end']],
]);

function placesIn(text: string): string[] {
  const reading = inspectSpec(text, 'spec.yaml');
  return 'problems' in reading ? reading.problems.map(({ line, column, rule }) => `${line}:${column} ${rule}`) : [];
}

describe('a spec that TorchServe reads, laid out', () => {
  it.each([
    ['with brackets that close in column 0', 'dag: {\n  pre: [\n    up, rv\n],\nup: [end]\n}\n'],
    ['with all in brackets in column 0', 'dag:\n  pre: [\nup,\nrv\n]\n  up: [\nend]\n'],
    ['with comments right after signs', 'dag:\n  pre: [up,# one\n    rv]# two\n  up: [# three\n    end]\n'],
    ['with a comment right after quotes', 'dag:\n  pre: [up, "rv"# one\n    ]\n  up: ["end"]\n'],
    ['with lines that end as on an old Mac', 'dag:\r  pre: [up, rv]\r  up:\r  - end\r'],
    ['with lines that end in every way', 'dag:\r\n  pre: [up,\rrv]\u0085  up:\r\n  - end'],
    [
      'with brackets in texts besides',
      'x-a: it"s [\nx-b: |\n  [ "\nx-c: b\n  "c [\ndag: {\npre: [up, rv], up: [end]}\n',
    ],
    ['as an ordered mapping', 'dag: !!omap\n- pre: [up, rv]\n- up: [end]\n'],
  ])('%s is read', (_layout, text) => {
    expect(inspectSpec(text, 'spec.yaml')).toMatchObject({ spec: { dag: expected } });
  });

  it.each([
    ['in column 0 of brackets', 'dag: {\n\npre: [\n1, up],\n  up: [2]}\n', ['4:1 dag-adjacency', '5:8 dag-adjacency']],
    ['behind a comment', 'dag: {# a\n  pre: [# b\n up, 1]}\n', ['3:6 dag-adjacency']],
    ['with old line ends', 'dag:\r  pre: [1]\r', ['2:9 dag-adjacency']],
    ['of YAML', 'dag: [\na,\n  &b &c d]\n', ['3:6 yaml']],
  ])('has the places of its faults where they are in the file: %s', (_layout, text, places) => {
    expect(placesIn(text)).toEqual(places);
  });
});

describe('missing spaces', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    ' ',
    '  ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '#',
    '- ',
    '|\n',
    '\\',
    '&a ',
    '\r\n',
  );
  const texts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  it('are all that is put in, and every character is found again', () => {
    const property = fc.property(texts, (text) => {
      const { spaced } = layoutOf(text);
      if (spaced === undefined) return;
      const { text: longer, offsetInFile } = spaced;
      expect(longer.replace(/ /g, '')).toBe(text.replace(/ /g, ''));
      [...longer].forEach((char, at) => {
        if (char !== ' ') expect(text[offsetInFile(at)]).toBe(char);
      });
      expect(offsetInFile(longer.length)).toBe(text.length);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('are no more than a file may have characters, however it is made', () => {
    const text = `${'- '.repeat(400)}[${'\na,'.repeat(80_000)}`;
    expect(layoutOf(text).spaced?.text.length).toBeLessThanOrEqual(text.length + 250_000);
  });
});

describe('nesting', () => {
  it.each(['[', '{', '- ', '? ', '{a: ', '[[{'])('is told before the parser meets it: %s', (opening) => {
    expect(placesIn(opening.repeat(240_000 / opening.length))).toEqual([expect.stringMatching(/^1:\d+ yaml$/)]);
  });

  it('of a hundred is none', () => {
    const text = `x-a: ${'['.repeat(100)}${']'.repeat(100)}\nx-b:\n  ${'- '.repeat(100)}a\ndag: {a: []}\n`;
    expect(placesIn(text)).toEqual([]);
  });
});

describe('what is no spec for TorchServe', () => {
  it.each([
    ['a tag that nobody knows', 'dag: !mine\n  a: [b]\n', '1:6 yaml'],
    ['a tag that does not fit', 'dag:\n  a: !!map [b]\n', '2:6 yaml'],
    ['a number that is none', 'models:\n  batch-size: !!int x\ndag: {a: []}\n', '2:15 yaml'],
    ['a control character', 'dag:\n  a: [b] # \u0007\n', '2:12 yaml'],
    ['a YAML to come', '%YAML 2.0\n---\ndag: {a: []}\n', '1:7 yaml'],
  ])('is refused: %s', (_what, text, place) => expect(placesIn(text)).toEqual([place]));

  it.each([
    ['keys that look alike', 'x-a: {"1": a, 1: b, 1.0: c}\n'],
    ['pairs, which may repeat a key', 'x-a: !!pairs [b: 1, b: 2]\n'],
    ['a set', 'x-a: !!set {b, c}\n'],
  ])('is not %s', (_what, text) => expect(placesIn(`${text}dag: {a: []}\n`)).toEqual([]));
});
