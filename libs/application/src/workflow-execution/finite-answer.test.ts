import type { NodeOutput } from '@torchweave/domain';
import { describe, expect, it, vi } from 'vitest';
import { finiteAnswer } from './finite-answer.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const answered = (value: string, contentType?: string): string => {
  const output: NodeOutput = { value: bytes(value), ...(contentType === undefined ? {} : { contentType }) };
  return Buffer.from(finiteAnswer(output).value).toString();
};

describe('finiteAnswer', () => {
  it.each(['{"a": [NaN, -Infinity]}', ' [NaN]', 'NaN', '-Infinity', 'Infinity'])('makes JSON of %s', (text) => {
    expect(() => void JSON.parse(answered(text))).not.toThrow();
    expect(answered(text)).toBe(text.replace(/NaN|-?Infinity/g, 'null'));
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8'])('does so for %s', (contentType) => {
    expect(answered('[NaN]', contentType)).toBe('[null]');
  });

  it.each([
    ['another content type', '[NaN]', 'text/plain'],
    ['another kind of JSON', '[NaN]', 'application/jsonlines'],
    ['text', '[NaN] is text', undefined],
    ['JSON', '{"a": "NaN"}', undefined],
    ['nothing', '', undefined],
  ])('leaves %s as it is, without a copy', (_, text, contentType) => {
    const output: NodeOutput = { value: bytes(text), ...(contentType === undefined ? {} : { contentType }) };
    expect(finiteAnswer(output)).toBe(output);
  });

  it('leaves bytes that are no text as they are', () => {
    const output = { value: Uint8Array.of(...bytes('[NaN, "'), 0xff, ...bytes('"]')) };
    expect(finiteAnswer(output)).toBe(output);
  });

  it('reads a view of larger memory, gives that back once, and keeps the rest of the answer', () => {
    const release = vi.fn();
    const value = bytes('NaN[NaN]NaN').subarray(3, 8);
    const { value: finite, ...rest } = finiteAnswer({
      value,
      contentType: 'application/json',
      headers: { 'x-a': '1' },
      release,
    });
    expect(Buffer.from(finite).toString()).toBe('[null]');
    expect(rest).toEqual({ contentType: 'application/json', headers: { 'x-a': '1' }, release: undefined });
    expect(release).toHaveBeenCalledOnce();
  });
});
