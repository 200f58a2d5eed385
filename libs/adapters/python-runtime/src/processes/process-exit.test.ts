import { expect, it } from 'vitest';
import { describeExit } from './process-exit.js';

it.each([
  [{ code: 3, signal: null }, 'the Python process ended with exit code 3'],
  [{ code: null, signal: 11 }, 'the Python process was killed by SIGSEGV'],
  [{ code: null, signal: 24 }, 'the Python process has used up its CPU time'],
  [{ code: null, signal: 200 }, 'the Python process was killed by signal 200'],
  [{ code: null, signal: null }, 'the Python process was lost'],
])('tells %j', (exit, sentence) => {
  expect(describeExit(exit)).toBe(sentence);
});
