import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault } from './json-fault.js';

describe('what is wrong with a text that is no JSON', () => {
  it.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['{', 'it is not JSON: it breaks off at line 1, column 2'],
    ['{"a": [1, 2', 'it is not JSON: it breaks off at line 1, column 12'],
    ['{"a": 1,}', 'it is not JSON: it goes wrong at line 1, column 9'],
    ['{\n  "a": 1\n  "b": 2\n}', 'it is not JSON: it goes wrong at line 3, column 3'],
    ["{'a': 1}", 'it is not JSON: it goes wrong at line 1, column 2'],
    ['{"a": nul}', 'it is not JSON: it goes wrong at line 1, column 7'],
    ['{"a": "x\ty"}', 'it is not JSON: it goes wrong at line 1, column 7'],
    ['{} x', 'it is not JSON: there is more after its end at line 1, column 4'],
    ['not JSON', 'it is not JSON: it goes wrong at line 1, column 1'],
    [`{"a": "${'x'.repeat(100_000)}`, 'it is not JSON'],
    [`${'['.repeat(300)}`, 'it is not JSON: it goes wrong at line 1, column 202'],
  ])('%j: %s', (text, fault) => {
    expect(jsonFault(text)).toBe(fault);
  });

  it('is told with a place in the text, wherever that is cut off', () => {
    const property = fc.property(fc.json({ maxDepth: 5 }), fc.nat(), (json, at) => {
      const cut = json.slice(0, at % json.length);
      const [, column] = /^it is not JSON: .* at line 1, column (\d+)$/.exec(jsonFault(cut)) ?? [];
      if (cut.trim() === '') expect(jsonFault(cut)).toBe('it is empty');
      else expect(Number(column)).toBeLessThanOrEqual(cut.length + 1);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
