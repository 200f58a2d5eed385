import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { SignInLimit } from './sign-in-limit.js';

const wrong = (): Promise<{ refusal: TorchweaveError }> =>
  Promise.resolve({ refusal: new TorchweaveError('unauthorized', { reason: 'invalid' }) });
const right = (): Promise<{ token: string }> => Promise.resolve({ token: 'token' });

let now: number;
const limitOf = (perAddress: number, overAll: number): SignInLimit => {
  now = 1_000;
  return new SignInLimit({ perAddress, overAll, windowMs: 10_000 }, () => now);
};
const codeOf = async (attempt: Promise<object>): Promise<string | undefined> => {
  const outcome = await attempt;
  return 'refusal' in outcome ? (outcome.refusal as TorchweaveError).code : undefined;
};

describe('sign-ins with wrong keys', () => {
  it('are too many from one address at its limit, for the right key as well, and no other address is', async () => {
    const limit = limitOf(2, 100);
    for (let tries = 0; tries < 2; tries += 1) expect(await codeOf(limit.attempt('a', wrong))).toBe('unauthorized');
    expect(await codeOf(limit.attempt('a', right))).toBe('signInsLimited');
    expect(await codeOf(limit.attempt('b', right))).toBeUndefined();
  });

  it('are too many from all addresses together', async () => {
    const limit = limitOf(2, 3);
    for (const from of ['a', 'b', 'c']) await limit.attempt(from, wrong);
    expect(await codeOf(limit.attempt('d', right))).toBe('signInsLimited');
  });

  it('may be tried again when the window is over, which is told in seconds', async () => {
    const limit = limitOf(1, 100);
    await limit.attempt('a', wrong);
    now += 500;
    expect(await limit.attempt('a', right)).toMatchObject({ refusal: { data: { retryAfterSeconds: 10 } } });
    now += 9_500;
    expect(await codeOf(limit.attempt('a', right))).toBeUndefined();
  });

  it('are bounded at once as one after another, and what succeeds or throws is not counted', async () => {
    const limit = limitOf(2, 100);
    const many = await Promise.all([1, 2, 3, 4].map(() => codeOf(limit.attempt('a', wrong))));
    expect(many).toEqual(['unauthorized', 'unauthorized', 'signInsLimited', 'signInsLimited']);
    for (let tries = 0; tries < 5; tries += 1) await limit.attempt('b', right);
    const away = limit.attempt('b', () => Promise.reject(new Error('away')));
    await expect(away).rejects.toThrow('away');
    await limit.attempt('b', wrong);
    expect(await codeOf(limit.attempt('b', right))).toBeUndefined();
  });
});
