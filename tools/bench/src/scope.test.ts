import { describe, expect, it } from 'vitest';
import { Scope } from './scope.js';

describe('Scope', () => {
  it('ends everything once, last first, for every call', async () => {
    const ended: string[] = [];
    const scope = new Scope();
    for (const name of ['first', 'second']) await scope.add(async () => void ended.push(name));
    await Promise.all([scope.close(), scope.close()]);
    expect(ended).toEqual(['second', 'first']);
  });

  it('ends what comes too late at once', async () => {
    const scope = new Scope();
    await scope.close();
    let hasEnded = false;
    await scope.add(async () => void (hasEnded = true));
    expect(hasEnded).toBe(true);
  });

  it('ends the others when one fails to end, and tells', async () => {
    let hasEnded = false;
    const scope = new Scope();
    await scope.add(async () => void (hasEnded = true));
    await scope.add(() => Promise.reject(new Error('stuck')));
    await expect(scope.close()).rejects.toThrow('stuck');
    expect(hasEnded).toBe(true);
  });
});
