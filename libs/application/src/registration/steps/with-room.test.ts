import { TorchweaveError } from '@torchweave/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withRoom } from './with-room.js';

const refusal = (cause: 'full' | 'replica'): TorchweaveError =>
  new TorchweaveError('stateRefusesWrites', { cause, retryAfterSeconds: 5 });
const { signal } = new AbortController();

describe('a write that a full state refuses', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is done when there is room', async () => {
    const write = vi.fn<() => Promise<string>>().mockResolvedValue('written');
    write.mockRejectedValueOnce(refusal('full')).mockRejectedValueOnce(refusal('full'));
    const done = withRoom(write, signal);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await done).toBe('written');
    expect(write).toHaveBeenCalledTimes(3);
  });

  it('is given up after a while', async () => {
    const write = vi.fn<() => Promise<string>>().mockRejectedValue(refusal('full'));
    const done = expect(withRoom(write, signal)).rejects.toMatchObject({ code: 'stateRefusesWrites' });
    await vi.advanceTimersByTimeAsync(9_000);
    const before = write.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    await done;
    expect(before).toBeGreaterThan(30);
    expect(write.mock.calls.length).toBeLessThan(50);
  });

  it('is not tried again where it is refused for something else, or nobody wants it any more', async () => {
    const write = vi.fn<() => Promise<string>>().mockRejectedValue(refusal('replica'));
    await expect(withRoom(write, signal)).rejects.toMatchObject({ code: 'stateRefusesWrites' });
    expect(write).toHaveBeenCalledTimes(1);
    const reason = new Error('the job was lost');
    const gone = withRoom(() => Promise.reject(refusal('full')), AbortSignal.abort(reason));
    const done = expect(gone).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
  });
});
