import { describe, expect, it } from 'vitest';
import type { FoundModel } from './find-models.js';
import { refusalProblems } from './refusal-problems.js';

const model = (kind: FoundModel['kind']): FoundModel => ({ node: 'up', name: 'up.mar', path: 'flow/models/up', kind });
const problems = (error: object, ...models: FoundModel[]) =>
  refusalProblems({ message: 'It has failed.', ...error }, { folder: 'flow', models });
const failure = (node: string, place?: object) => ({ failures: [{ node, reason: 'r', ...(place ? { place } : {}) }] });

describe('what a server refuses', () => {
  it('is a problem of the file whose code is at fault', () => {
    const place = { file: 'lib/h.py', line: 3, column: 5 };
    expect(problems(failure('flow__pre', place))).toEqual([
      { rule: 'load', message: 'r', file: 'flow/lib/h.py', line: 3, column: 5 },
    ]);
  });

  it.each([['flow__up'], ['flow__up.v2']])('is one of the sources of a model, %s', (node) => {
    const place = { file: 'handler.py', line: 3 };
    expect(problems(failure(node, place), model('sources'))).toEqual([
      { rule: 'load', message: 'r', file: 'flow/models/up/handler.py', line: 3 },
    ]);
  });

  it('is one of the node where no line is at fault', () => {
    expect(problems(failure('flow__up'))).toEqual([{ rule: 'load', message: 'flow__up: r', file: 'flow' }]);
  });

  it('is one of the spec at its place', () => {
    const fault = { rule: 'known-keys', message: 'is wrong.', file: 'flow.yaml', line: 2, column: 1 };
    expect(problems({ problems: [fault] })).toEqual([{ ...fault, file: 'flow/flow.yaml' }]);
  });

  it('is one of the folder where nothing else is known', () => {
    expect(problems({})).toEqual([{ rule: 'registration', message: 'It has failed.', file: 'flow' }]);
  });
});
