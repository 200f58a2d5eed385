import { afterEach, describe, expect, it, vi } from 'vitest';
import { withUnit } from './loaded-unit.js';

const source = `
import time

def wait(data, context):
    if data is None:
        return None
    time.sleep(float(data[0]["body"]))
    return ["done"]
`;

const yearMs = 365 * 86_400_000;

describe.each([
  ['forward', yearMs],
  ['back', -yearMs],
])('a step of the wall clock %s', (_direction, stepMs) => {
  afterEach(() => vi.restoreAllMocks());

  const step = (): void => {
    const realNow = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + stepMs);
  };

  it('ends no call before its deadline', async () => {
    await withUnit('wait', source, async ({ call }) => {
      const under = call('wait', '1', { timeoutMs: 20_000 });
      setTimeout(step, 200);
      expect(await under).toBe('done');
    });
  });

  it('lets no call outlive its deadline', async () => {
    await withUnit('wait', source, async ({ call }) => {
      const under = call('wait', '1000', { timeoutMs: 600 });
      setTimeout(step, 100);
      await expect(under).rejects.toMatchObject({ code: 'nodeFailed' });
      expect(await call('wait', '0')).toBe('done');
    });
  });
});
