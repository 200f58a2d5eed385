import { describe, expect, it } from 'vitest';
import { releaseOf } from './memory.js';

describe('releaseOf', () => {
  it('gives the memory of a large value back at once', () => {
    const before = process.memoryUsage().arrayBuffers;
    const value = Buffer.allocUnsafe(10_000_000);
    const view = value.subarray(100);
    expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThanOrEqual(10_000_000);
    releaseOf(view)?.();
    expect([value.length, view.length]).toEqual([0, 0]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it('may be done twice', () => {
    const release = releaseOf(Buffer.allocUnsafe(100_000));
    release?.();
    expect(release).not.toThrow();
  });

  it('is nothing for what is small, or lies in memory that threads share', () => {
    expect(releaseOf(Buffer.from('small'))).toBeUndefined();
    expect(releaseOf(new Uint8Array(new SharedArrayBuffer(1_000_000)))).toBeUndefined();
  });

  it.each([8_192, 65_536, 1_048_576])(
    'leaves the memory alone that Node shares among small values, of %i bytes too',
    (poolSize) => {
      const ordinary = Buffer.poolSize;
      try {
        Buffer.poolSize = poolSize;
        // The pool in use is left when it has no room for one more.
        while (Buffer.allocUnsafe(1_024).buffer.byteLength !== poolSize);
        const neighbour = Buffer.from('neighbour');
        const largest = Buffer.allocUnsafe(poolSize / 2 - 1);
        expect(neighbour.buffer.byteLength).toBe(poolSize);
        expect(largest.buffer.byteLength).toBe(poolSize);
        for (const value of [neighbour, largest]) expect(releaseOf(value)).toBeUndefined();
      } finally {
        Buffer.poolSize = ordinary;
      }
    },
  );
});
