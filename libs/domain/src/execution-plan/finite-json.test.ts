import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finiteJson } from './finite-json.js';

/** As Python's `json.dumps`. */
function asPython(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(asPython).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${asPython(member)}`)
    .join(', ')}}`;
}

describe('finiteJson', () => {
  it.each([
    ['NaN', 'null'],
    [' -Infinity\n', ' null\n'],
    ['[NaN, Infinity,-Infinity]', '[null, null,null]'],
    ['{"a": {"b": [1.10, NaN]}, "c": "NaN"}', '{"a": {"b": [1.10, null]}, "c": "NaN"}'],
    [String.raw`{"a\"NaN\\": NaN, "b": "\\\"Infinity"}`, String.raw`{"a\"NaN\\": null, "b": "\\\"Infinity"}`],
  ])('makes JSON of %s, and changes nothing else', (text, json) => {
    expect(finiteJson(text)).toBe(json);
  });

  it.each([
    '',
    'x',
    '1',
    '"NaN"',
    '{"a": "Infinity"}',
    'NaN is no number',
    '[NaN',
    '{NaN: 1}',
    '1NaN',
    'NaNs',
    '["NaN, NaN',
  ])('leaves %s alone', (text) => {
    expect(finiteJson(text)).toBeUndefined();
  });

  it('makes null of every number that is none, and of nothing else, wherever it stands', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('NaN', '-Infinity', '"', '\\', '\\"NaN'));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(NaN, Infinity, -Infinity),
        fc.oneof(text, fc.integer(), fc.constant(null)),
        fc.array(tie('value')),
        fc.dictionary(text, tie('value'), { noNullPrototype: true }),
      ),
    }));
    const isMade = fc.property(value, (given) => {
      const json = asPython(given);
      expect(JSON.parse(finiteJson(json) ?? json)).toEqual(JSON.parse(JSON.stringify(given)));
    });
    fc.assert(isMade, { numRuns: 2_000 });
  });

  it('takes no longer for a long string than for its length', () => {
    const long = JSON.stringify(['\\"'.repeat(500_000)]);
    expect(finiteJson(`[${long}, NaN]`)).toBe(`[${long}, null]`);
  });
});
