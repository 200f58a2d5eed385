import { describe, expect, it } from 'vitest';
import { codeOf, isOutOfFiles } from './system-errors.js';

const failure = (code: string, options?: ErrorOptions): Error => Object.assign(new Error('failed', options), { code });

describe('codeOf', () => {
  it('is the code of an error, and empty for everything else', () => {
    expect([failure('ENOENT'), new Error('ENOENT'), { code: 'ENOENT' }, undefined].map(codeOf)).toEqual([
      'ENOENT',
      '',
      '',
      '',
    ]);
  });
});

describe('isOutOfFiles', () => {
  it('finds the code at the error, among several, and among the causes', () => {
    const cause = failure('EMFILE');
    expect(isOutOfFiles(cause)).toBe(true);
    expect(isOutOfFiles(failure('ENFILE'))).toBe(true);
    expect(isOutOfFiles(new AggregateError([new Error('other'), cause]))).toBe(true);
    expect(isOutOfFiles(failure('UNKNOWN', { cause: new Error('between', { cause }) }))).toBe(true);
  });

  it('is of nothing else, and ends with an error that is its own cause', () => {
    const own = failure('ENOENT');
    own.cause = own;
    expect([own, 'EMFILE', undefined].map((thrown) => isOutOfFiles(thrown))).toEqual([false, false, false]);
  });
});
