import type { WorkflowNode } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { CliError } from '../output/cli-error.js';
import { readRunInput } from './node-input.js';

const node = (...parents: string[]): WorkflowNode => ({
  ...{ name: 'vote', modelName: 'w__vote', kind: 'function', children: [], retryAttempts: 0, timeoutMs: 1 },
  parents,
});
const read = (text: string, contentType: string, only?: WorkflowNode) =>
  readRunInput({ body: Buffer.from(text), contentType }, only).map(({ name, value, contentType: type }) => [
    name,
    Buffer.from(value).toString(),
    type,
  ]);

describe('what a run begins with', () => {
  it.each([['the whole graph', undefined] as const, ['its first node', node()] as const])(
    'is for %s what a request is',
    (_what, only) => {
      expect(read('[1]', 'application/json', only)).toEqual([['body', '[1]', 'application/json']]);
      expect(read('a=1&b=2', 'application/x-www-form-urlencoded', only)).toEqual([
        ['a', '1', undefined],
        ['b', '2', undefined],
      ]);
    },
  );

  it('is for a node with one parent what that gives', () => {
    expect(read('[1]', 'application/json', node('a'))).toEqual([['body', '[1]', undefined]]);
  });

  it('is for a node with several parents a field of each', () => {
    expect(read('{"a": {"x": 1}, "b": "text", "c": 0}', 'application/json', node('a', 'b'))).toEqual([
      ['a', '{"x":1}', undefined],
      ['b', 'text', undefined],
    ]);
  });

  it.each(['{"a": 1}', '[1]', 'no JSON', 'null', '{"a": 1, "toString": 2}'])(
    'is told where %s has no field of each',
    (text) => {
      const reading = () => read(text, 'application/json', node('a', 'toStrin'));
      expect(reading).toThrow(CliError);
      expect(reading).toThrow(/JSON object of a and toStrin/);
    },
  );
});
