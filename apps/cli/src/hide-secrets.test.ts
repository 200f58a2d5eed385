import { describe, expect, it } from 'vitest';
import { publicCommandLine } from './hide-secrets.js';

describe('the command line that others see', () => {
  it.each([
    [['api', '--redis-url', 'redis://user:secret@host:1/2'], 'torchweave api --redis-url redis://…@host:1/2'],
    [['api', '--redis-url=rediss://:se@cret@host'], 'torchweave api --redis-url=rediss://…@host'],
  ])('%j has no password', (args, line) => expect(publicCommandLine(args)).toBe(line));

  it('is left as it is where there is none', () => {
    expect(publicCommandLine(['api', '--redis-url', 'redis://host:1', '--workflow-store', 'a@b'])).toBeUndefined();
  });
});
