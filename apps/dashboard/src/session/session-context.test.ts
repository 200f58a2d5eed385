import { describe, expect, it } from 'vitest';
import { whyNot } from './session-context.js';

const session = { signInNeeded: true, signedIn: true, readOnly: false, version: '1' };

describe('what a key may not do', () => {
  it('is told with the reason', () => {
    expect(whyNot({ ...session, permission: 'read', keyName: 'ops' })).toContain('The key ops may look');
    expect(whyNot({ ...session, readOnly: true, permission: 'register' })).toContain('read-only');
  });
  it('is nothing for one that registers, and where no keys are', () => {
    expect(whyNot({ ...session, permission: 'register' })).toBeUndefined();
    expect(whyNot({ ...session, signInNeeded: false })).toBeUndefined();
  });
});
