import { describe, expect, it, vi } from 'vitest';
import { Lately } from './lately.js';

describe('what is found out lately', () => {
  it('is found out once for all who ask until it is known, however long that takes', async () => {
    const endings: ((answer: number) => void)[] = [];
    const find = vi.fn(() => new Promise<number>((resolve) => endings.push(resolve)));
    const lately = new Lately(find, 0);
    const answers = [lately.get(), lately.get()];
    await new Promise((resolve) => setImmediate(resolve));
    answers.push(lately.get());
    expect(find).toHaveBeenCalledTimes(1);
    endings[0]?.(1);
    expect(await Promise.all(answers)).toEqual([1, 1, 1]);
  });

  it('is found out anew when it is known no longer', async () => {
    let count = 0;
    const lately = new Lately(() => Promise.resolve((count += 1)), 0);
    expect([await lately.get(), await lately.get()]).toEqual([1, 2]);
  });

  it('is asked for again after a failure, which is told to those who waited for it', async () => {
    const find = vi.fn<() => Promise<number>>().mockRejectedValueOnce(new Error('away')).mockResolvedValue(2);
    const lately = new Lately(find, 60_000);
    const failing = [lately.get(), lately.get()];
    for (const each of failing) await expect(each).rejects.toThrow('away');
    expect([await lately.get(), await lately.get()]).toEqual([2, 2]);
    expect(find).toHaveBeenCalledTimes(2);
  });
});
