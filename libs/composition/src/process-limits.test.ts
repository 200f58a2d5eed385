import { loadSettings } from '@torchweave/platform';
import { describe, expect, it } from 'vitest';
import { processLimits } from './process-limits.js';

const settingsOf = (flags: object) => loadSettings({ flags, environment: {} }).settings;

describe('processLimits', () => {
  it('sets none by default', () => expect(processLimits(settingsOf({}))).toEqual({}));

  it('takes over what is set', () => {
    const settings = { processMemory: '1', processCount: '2', processOpenFiles: '16', processCpuSeconds: '4' };
    const expected = { addressSpaceBytes: 1, processes: 2, openFiles: 16, cpuSeconds: 4 };
    expect(processLimits(settingsOf(settings), false)).toEqual(expected);
  });

  it.each([[{}], [{ processUser: 'root' }]])('refuses to limit the number of processes of root: %j', (user) => {
    const settings = settingsOf({ ...user, processCount: 2 });
    expect(() => processLimits(settings, true)).toThrow(
      /^Setting process_count must be set together with --process-user/,
    );
  });

  it('limits those of another user', () => {
    expect(processLimits(settingsOf({ processUser: 'nobody', processCount: 2 }), true)).toEqual({ processes: 2 });
  });
});
