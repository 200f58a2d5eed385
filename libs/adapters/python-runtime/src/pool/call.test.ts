import { describe, expect, it, vi } from 'vitest';
import { Call } from './call.js';
import { CallFailure } from './call-failure.js';

function begin(options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const { timeoutMs = 60_000, signal = new AbortController().signal } = options;
  const abandoned = vi.fn();
  let call!: Call;
  const answer = new Promise<unknown>((resolve, reject) => {
    call = new Call(
      { entry: 0, requestId: 'r', headers: {}, input: [], timeoutMs, signal },
      resolve,
      reject,
      abandoned,
    );
  });
  return { call, answer, abandoned };
}

describe('Call', () => {
  it('settles once', async () => {
    const { call, answer, abandoned } = begin();
    const output = { value: Buffer.from('x') };
    call.succeed(output);
    call.fail(new CallFailure('died', 'too late'));
    expect(await answer).toBe(output);
    expect(abandoned).not.toHaveBeenCalled();
  });

  it('fails when its time is over, and says so', async () => {
    const { call, answer, abandoned } = begin({ timeoutMs: 5 });
    await expect(answer).rejects.toMatchObject({ kind: 'timeout', reason: 'no answer within 5 ms' });
    expect(abandoned).toHaveBeenCalledExactlyOnceWith(call);
  });

  it('has a long time where a timer would be too short', async () => {
    const { call, answer } = begin({ timeoutMs: Number.MAX_SAFE_INTEGER });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(call.settled).toBe(false);
    call.succeed({ value: Buffer.alloc(0) });
    await answer;
  });

  it('fails with the reason of its signal, many of one signal at once', async () => {
    const controller = new AbortController();
    const calls = Array.from({ length: 20 }, () => begin({ signal: controller.signal }));
    calls[0]?.call.succeed({ value: Buffer.alloc(0) });
    controller.abort(new Error('the client is gone'));
    const results = await Promise.allSettled(calls.map(({ answer }) => answer));
    expect(results[0]).toMatchObject({ status: 'fulfilled' });
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({ reason: { kind: 'aborted', reason: 'cancelled: the client is gone' } });
    }
  });
});
