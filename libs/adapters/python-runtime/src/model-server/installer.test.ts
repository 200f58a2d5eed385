import { describe, expect, it } from 'vitest';
import { lastWords, withoutPaths } from './installer.js';

describe('what an installer says', () => {
  it.each([
    ['its last error', 'WARNING: a\nERROR: one\nERROR: two\n', 'ERROR: two'],
    [
      'an error of several lines, with the line of the file',
      "ERROR: Invalid requirement: 'not a requirement ===': Expected end\n    not a requirement ===\n        ^ (from line 1 of r.txt)\n\n",
      "ERROR: Invalid requirement: 'not a requirement ===': Expected end not a requirement === ^ (from line 1 of r.txt)",
    ],
    ['its last line, where it names no error', 'Usage: pip\n\nno such option: --x\n', 'no such option: --x'],
    ['nothing', '', ''],
  ])('is told: %s', (_, output, told) => expect(lastWords(output)).toBe(told));

  it('is cut where it is long', () => expect(lastWords(`ERROR: ${'x'.repeat(5_000)}`)).toHaveLength(1_000));

  it.each([
    ["No such file or directory: '/data/models/m1/missing.whl'", "No such file or directory: 'missing.whl'"],
    ['in /data/models/m1, and in /data/environments/d', 'in ., and in .'],
    ['see /usr/lib/python3/site-packages/pip/x.py:12', 'see x.py:12'],
    [
      'from https://user:secret@index.example/simple/a/ and ./b/c.whl',
      'from https://index.example/simple/a/ and ./b/c.whl',
    ],
  ])('tells no path of this machine: %s', (words, told) =>
    expect(withoutPaths(words, ['/data/models/m1', '/data/environments/d'])).toBe(told),
  );
});
