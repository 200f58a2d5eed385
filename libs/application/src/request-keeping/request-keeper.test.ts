import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeptRequest } from '../ports/kept-requests.js';
import type { RequestOutcome, RequestSpan, StartedRequest } from '../ports/telemetry.js';
import { RequestKeeper } from './request-keeper.js';

const node = (name: string): WorkflowNode => ({ name, kind: 'function' }) as WorkflowNode;
const failure = new TorchweaveError('nodeFailed', { node: 'up', attempts: 2, reason: 'it "broke"' });

let keeper: RequestKeeper;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'], now: Date.parse('2026-01-01T00:00:10Z') });
  keeper = new RequestKeeper('g', { slowMs: 1_000, redacted: ['Secret'] });
  // The first request of all is one of the sample.
  start().ended('ok', 200);
  keeper.take();
});
afterEach(() => vi.useRealTimers());

function start(given: Partial<StartedRequest> = {}): RequestSpan {
  const span = keeper.requestStarted({ requestId: 'r', workflow: 'w', ...given });
  span.served(3);
  return span;
}

function run(outcome: RequestOutcome, status?: number, durationMs = 1, given?: Partial<StartedRequest>): void {
  const span = start(given);
  vi.advanceTimersByTime(durationMs);
  span.ended(outcome, status);
}

const reasons = (): string[] => keeper.take().map(({ why }) => why);

describe('a request', () => {
  it('is kept with each attempt of each node: when it began, how long it waited and ran, where, and why it failed', () => {
    const span = start();
    vi.advanceTimersByTime(2);
    const first = span.attemptStarted(node('up'), 1);
    vi.advanceTimersByTime(30);
    first.ended({ outcome: 'failed', durationMs: 30, error: failure, place: 'ts-1' });
    const second = span.attemptStarted(node('up'), 2);
    second.ended({ outcome: 'ok', durationMs: 4, waitedMs: 1.2345, place: 'ts-2' });
    span.attemptStarted(node('down'), 1);
    vi.advanceTimersByTime(8);
    span.failed(failure);
    span.ended('failed', 500);
    const error = { message: 'Error executing up: it "broke"', errorCode: 'nodeFailed' };
    expect(keeper.take()).toEqual<KeptRequest[]>([
      {
        ...{ id: 'r', workflow: 'w', version: 3, at: '2026-01-01T00:00:10.000Z', durationMs: 40, status: 500 },
        ...{ outcome: 'failed', why: 'failed', gateway: 'g', error },
        spans: [
          {
            ...{ node: 'up', attempt: 1, startedMs: 2, durationMs: 30, outcome: 'failed', place: 'ts-1' },
            error,
          },
          { node: 'up', attempt: 2, startedMs: 32, waitedMs: 1.23, durationMs: 4, outcome: 'ok', place: 'ts-2' },
          { node: 'down', attempt: 1, startedMs: 32, durationMs: 8, outcome: 'cancelled' },
        ],
      },
    ]);
  });

  it('that failed, was slow or was asked for is kept, and an ordinary one is not', () => {
    run('failed', 500);
    run('ok', 200, 1_001);
    run('cancelled', undefined, 1_001);
    run('ok', 200, 1_000);
    run('client_error', 400, 1_001);
    run('cancelled');
    run('client_error', 404, 1, { isAsked: true });
    expect(keeper.take().map(({ why, outcome, status }) => [why, outcome, status])).toEqual([
      ['failed', 'failed', 500],
      ['slow', 'ok', 200],
      ['slow', 'cancelled', 0],
      ['asked', 'client_error', 404],
    ]);
    expect(keeper.take()).toEqual([]);
  });

  it('has what went into each node and came out of it only where it is asked for', () => {
    const attempt = (span: RequestSpan): void => {
      const started = span.attemptStarted(node('up'), 1);
      started.received?.([{ name: 'body', value: new TextEncoder().encode('{"secret":1}') }]);
      started.answered?.({ value: new TextEncoder().encode('out'), contentType: 'text/plain' });
      started.ended({ outcome: 'ok', durationMs: 1 });
    };
    const [plain, asked] = [start(), start({ isAsked: true })];
    for (const span of [plain, asked]) attempt(span);
    const late = asked.attemptStarted(node('down'), 1);
    plain.ended('failed', 500);
    asked.ended('ok', 200);
    late.answered?.({ value: new TextEncoder().encode('of another') });
    const [ofPlain, ofAsked] = keeper.take();
    const span = { node: 'up', attempt: 1, startedMs: 0, durationMs: 1, outcome: 'ok' };
    expect(ofPlain?.spans).toEqual([span]);
    expect(ofAsked?.spans).toEqual([
      {
        ...span,
        input: { size: 12, text: '{"secret":"[redacted]"}', cut: false },
        output: { contentType: 'text/plain', size: 3, text: 'out', cut: false },
      },
      { node: 'down', attempt: 1, startedMs: 0, durationMs: 0, outcome: 'cancelled' },
    ]);
  });

  it('is one of the sample every twenty seconds, whatever became of it', () => {
    run('ok', 200, 19_999, { workflow: 'slow' });
    expect(reasons()).toEqual(['slow']);
    run('client_error', 400);
    run('ok', 200);
    expect(reasons()).toEqual(['sampled']);
  });

  it('has at most 200 attempts, names and sentences that are cut, and version 0 where none was to answer', () => {
    const span = keeper.requestStarted({ requestId: 'r', workflow: 'w'.repeat(9_000) });
    const error = new TorchweaveError('nodeRaised', { node: 'n', status: 500, message: 'm'.repeat(4_000) });
    for (let attempt = 1; attempt <= 201; attempt += 1)
      span.attemptStarted(node('n'.repeat(9_000)), attempt).ended({ outcome: 'failed', durationMs: 1, error });
    span.failed(error);
    span.ended('failed', 500);
    const [kept] = keeper.take();
    expect([kept?.version, kept?.workflow.length, kept?.spans.length]).toEqual([0, 256, 200]);
    expect(kept?.spans.at(-1)?.attempt).toBe(200);
    expect(JSON.stringify(kept).length).toBeLessThan(150_000);
  });
});

describe('what a gateway keeps', () => {
  it('leaves room for other workflows where one fails or is slow all the time, and counts what it drops', () => {
    for (let i = 0; i < 11; i += 1) run('failed', 500);
    for (let i = 0; i < 11; i += 1) run('failed', 500, 1, { workflow: 'other' });
    expect(reasons()).toHaveLength(20);
    expect(keeper.counts.dropped).toBe(2);
    vi.advanceTimersByTime(60_000);
    run('failed', 500);
    expect(reasons()).toEqual(['failed']);
  });

  it('counts names that no workflow has as one', () => {
    for (let i = 0; i < 11; i += 1) keeper.requestStarted({ requestId: 'r', workflow: `w${i}` }).ended('failed', 503);
    expect([reasons().length, keeper.counts.dropped]).toEqual([10, 1]);
  });

  it('waits to be written as far as there is room', () => {
    for (let i = 0; i < 51; i += 1) run('ok', 200, 1, { isAsked: true });
    expect(keeper.counts.dropped).toBe(1);
    expect(reasons()).toHaveLength(50);
  });

  it('is counted by its reason, and what could not be written as dropped', () => {
    run('failed', 500);
    run('ok', 200, 1, { isAsked: true });
    const taken = keeper.take();
    keeper.written(taken);
    expect(keeper.counts).toEqual({ kept: { asked: 1, failed: 1, slow: 0, sampled: 0 }, dropped: 0 });
    keeper.lost(2);
    expect(keeper.counts).toEqual({ kept: { asked: 1, failed: 1, slow: 0, sampled: 0 }, dropped: 2 });
  });
});
