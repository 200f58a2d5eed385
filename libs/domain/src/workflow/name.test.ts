import { describe, expect, it } from 'vitest';
import { assertWorkflowName, isValidName, modelNameOf } from './name.js';

describe('isValidName', () => {
  it.each(['a', 'A', '1', '_', 'chain', 'my-workflow_2.1', 'a.b.c', '__proto__', 'x'.repeat(128)])(
    'accepts "%s"',
    (name) => {
      expect(isValidName(name)).toBe(true);
    },
  );

  it.each([
    '',
    ' ',
    '.',
    '..',
    '.a',
    '-a',
    'a..b',
    'a b',
    'a/b',
    'a\\b',
    'a:b',
    'a{b}',
    'a%2fb',
    'a?b',
    'a#b',
    'ä',
    'a\n',
    '\na',
    'a\0',
    'my workflow/../x',
    'x'.repeat(129),
  ])('refuses "%s"', (name) => {
    expect(isValidName(name)).toBe(false);
  });
});

describe('assertWorkflowName', () => {
  it('passes a valid name', () => {
    expect(() => assertWorkflowName('chain')).not.toThrow();
  });

  it('names the name and the rule', () => {
    expect(() => assertWorkflowName('my workflow')).toThrow(
      expect.objectContaining({
        code: 'workflowNameInvalid',
        message: expect.stringMatching(/^The workflow name "my workflow" is not valid: a name has 1 to 128 letters/),
      }),
    );
  });
});

describe('modelNameOf', () => {
  it('joins workflow and node as TorchServe does', () => {
    expect(modelNameOf('chain', 'up')).toBe('chain__up');
  });
});
