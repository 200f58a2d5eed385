import { describe, expect, it } from 'vitest';
import { parseManifest } from '../archive/manifest.js';
import { parseSpec } from '../spec/parse-spec.js';
import { defineWorkflow } from '../workflow/definition.js';
import { answerOf } from './answer.js';
import { ExecutionPlan } from './execution-plan.js';
import type { NodeOutput } from './node-io.js';

const manifest = parseManifest(
  '{"createdOn": "x", "archiverVersion": "1", "workflow": {"workflowName": "w", "specFile": "s", "handler": "h"}}',
);

/** Runs a workflow whose nodes give these outputs, and answers. */
function answer(spec: string, outputs: Record<string, string | Uint8Array | NodeOutput>): NodeOutput {
  const plan = new ExecutionPlan(
    defineWorkflow({ url: 'w.war', digest: 'd', manifest, spec: parseSpec(spec, 'spec.yaml') }),
  );
  const run = plan.begin([]);
  for (const { index, node } of plan.nodes) {
    const output = outputs[node.name] ?? 'unused';
    if (typeof output === 'string') run.complete(index, { value: new TextEncoder().encode(output) });
    else run.complete(index, output instanceof Uint8Array ? { value: output } : output);
  }
  return answerOf(plan, run);
}

const textOf = ({ value }: NodeOutput): string => new TextDecoder().decode(value);

describe('answerOf', () => {
  it('gives the output of a single leaf as it is', () => {
    const leaf = { value: Uint8Array.of(0xff, 0, 1), contentType: 'text/csv', headers: { 'x-out': '1' } };
    expect(answer('dag: {pre: [post]}', { post: leaf })).toBe(leaf);
  });

  it('gives the output of a workflow of one node', () => {
    expect(textOf(answer('dag: {pre: []}', { pre: 'abc' }))).toBe('abc');
  });

  it('gives of several leaves one JSON object by their names', () => {
    const result = answer('dag: {up: [a, b, c]}', { a: '{"a": 1}', b: '[1, 2, "x"]', c: 'no JSON' });
    expect(result.contentType).toBe('application/json');
    expect(JSON.parse(textOf(result))).toEqual({ a: { a: 1 }, b: [1, 2, 'x'], c: 'no JSON' });
  });

  it('writes it with one leaf a line, in the order of the plan', () => {
    const result = answer('dag: {up: [b, a]}', { a: '"ABC"', b: '121' });
    expect(textOf(result)).toBe('{\n  "b": 121,\n  "a": "ABC"\n}\n');
  });

  it('keeps the digits of numbers and the order of keys that are digits', () => {
    const numbers = '{"2": 12345678901234567890, "1": 1.10}';
    expect(textOf(answer('dag: {up: [a, b]}', { a: numbers, b: 'null' }))).toBe(
      `{\n  "a": ${numbers},\n  "b": null\n}\n`,
    );
  });

  it.each([
    ['empty output', '', ''],
    ['text with quotes and line ends', 'a "b"\n', 'a "b"\n'],
    ['bytes that are no UTF-8', Uint8Array.of(0x61, 0xff), 'a\uFFFD'],
  ])('gives %s as a string', (_what, a, expected) => {
    expect(JSON.parse(textOf(answer('dag: {up: [a, b]}', { a, b: '1' })))).toEqual({ a: expected, b: 1 });
  });

  it('gives null for numbers that JSON does not have, in whatever they stand', () => {
    const result = answer('dag: {up: [a, b, c]}', {
      a: '{"x": NaN, "y": [-Infinity, 1.10]}',
      b: 'NaN',
      c: 'NaN is text',
    });
    expect(textOf(result)).toBe('{\n  "a": {"x": null, "y": [null, 1.10]},\n  "b": null,\n  "c": "NaN is text"\n}\n');
  });

  it('has room for leaves of any name', () => {
    const result = answer('dag: {up: [__proto__, constructor]}', { up: 'x' });
    expect(Object.keys(JSON.parse(textOf(result)) as object)).toEqual(['__proto__', 'constructor']);
  });
});
