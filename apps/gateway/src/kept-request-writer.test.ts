import { silentLogger, type KeptRequest } from '@torchweave/application';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeptRequestWriter } from './kept-request-writer.js';

const request = (id: string): KeptRequest => ({ id, why: 'failed' }) as KeptRequest;
let waiting: KeptRequest[];
let written: string[][];
let counted: number;
let lost: number;
let add: () => Promise<void>;
let writer: KeptRequestWriter;

beforeEach(() => {
  vi.useFakeTimers();
  [waiting, written, counted, lost, add] = [[], [], 0, 0, () => Promise.resolve()];
  writer = new KeptRequestWriter('g', {
    requests: { add: (_, requests) => (written.push(requests.map(({ id }) => id)), add()) },
    keeper: {
      take: () => waiting.splice(0),
      written: (requests) => (counted += requests.length),
      lost: (count) => (lost += count),
    },
    logger: silentLogger,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

it('writes once a second what waits, and nothing where nothing does', async () => {
  waiting = [request('a'), request('b')];
  await vi.advanceTimersByTimeAsync(1_000);
  waiting = [request('c')];
  await vi.advanceTimersByTimeAsync(3_000);
  expect([written, counted]).toEqual([[['a', 'b'], ['c']], 3]);
  await writer.close();
});

it('takes nothing more while a write is under way, and reports as lost what was not taken', async () => {
  waiting = [request('a')];
  add = () => new Promise((_, reject) => setTimeout(() => reject(new Error('away')), 2_500));
  await vi.advanceTimersByTimeAsync(1_000);
  waiting = [request('b')];
  await vi.advanceTimersByTimeAsync(2_400);
  expect([written, lost]).toEqual([[['a']], 0]);
  add = () => Promise.resolve();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([written, counted, lost]).toEqual([[['a'], ['b']], 1, 1]);
  await writer.close();
});

it('writes what is left when it is closed', async () => {
  waiting = [request('a')];
  await writer.close();
  expect(written).toEqual([['a']]);
});
