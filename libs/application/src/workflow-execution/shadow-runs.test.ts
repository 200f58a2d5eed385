import { TorchweaveError, type NodeOutput, type Traffic } from '@torchweave/domain';
import { Cancellation } from '@torchweave/kernel';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../ports/logger.js';
import type { EndedShadow } from '../ports/telemetry.js';
import type { ServedWorkflow } from './routing-table.js';
import { RunsUnderWay } from './runs-under-way.js';
import type { WorkflowRequest } from './run-workflow.js';
import { ShadowRuns, type ShadowLimits } from './shadow-runs.js';

const limits: ShadowLimits = { runs: 2, bytes: 100, loggedAMinute: 2 };
const compared: Traffic = { weights: {}, shadow: { 3: 100 }, compare: true };
const notCompared: Traffic = { weights: {}, shadow: { 3: 100 } };
const text = (value: string): Uint8Array => Buffer.from(value);

describe('copies of requests', () => {
  let ended: EndedShadow[];
  let logged: Record<string, unknown>[];
  let runs: RunsUnderWay;
  let served: Set<number>;
  let copies: WorkflowRequest[];
  /** What a copy is answered. */
  let answer: (copy: WorkflowRequest) => Promise<NodeOutput>;
  let shadows: ShadowRuns;

  beforeEach(() => {
    [ended, logged, copies] = [[], [], []];
    runs = new RunsUnderWay();
    served = new Set([3, 4]);
    answer = () => Promise.resolve({ value: text('yes') });
    shadows = new ShadowRuns(
      {
        table: {
          getVersion: ({ workflow, version }) =>
            served.has(version) ? ({ name: workflow, version, runs } as unknown as ServedWorkflow) : undefined,
        },
        runner: {
          execute: async (_workflow, copy) => {
            copies.push(copy);
            return answer(copy);
          },
        },
        telemetry: { shadowEnded: (each) => void ended.push(each) },
        logger: { ...silentLogger, warn: (data) => void logged.push({ ...data }) },
      },
      limits,
      () => 0.5,
    );
  });

  const request = (releaseInput?: () => void): WorkflowRequest => ({
    ...{ requestId: 'r', headers: { Accept: 'any' }, input: [], cancellation: new Cancellation(), releaseInput },
  });
  const take = (traffic: Traffic, bytes = 1, of = request()) => shadows.take('w', traffic, of, bytes);
  const outcomes = (): string[] => ended.map(({ version, outcome }) => `${version} ${outcome}`);
  const untilEnded = (count: number): Promise<void> => vi.waitFor(() => expect(ended).toHaveLength(count));
  /** One that is under way until it is given up or told to end. */
  const hang = ({ cancellation }: WorkflowRequest): Promise<NodeOutput> =>
    new Promise((_, reject) =>
      cancellation.addEventListener('abort', { handleEvent: () => reject(cancellation.reason as Error) }),
    );

  it('are made of the share of the requests that a version is to get, for each version', () => {
    expect(take({ weights: {}, shadow: { 3: 50, 4: 0 } })).toBeUndefined();
    expect(take({ weights: { 1: 100 } })).toBeUndefined();
    expect(take({ weights: {}, shadow: { 3: 50, 4: 51 } })).toBeDefined();
  });

  it('begin when the request has been answered, with an id and a header by which they can be told', async () => {
    const shadowed = take(notCompared);
    await new Promise((resolve) => setImmediate(resolve));
    expect(copies).toEqual([]);
    shadowed?.answered(1, text('yes'));
    expect(copies).toEqual([]);
    await untilEnded(1);
    expect(copies).toMatchObject([
      { requestId: 'r-shadow-3', headers: { Accept: 'any', 'Torchweave-Shadow': '3' }, input: [] },
    ]);
    expect(ended).toEqual([
      { workflow: 'w', version: 3, outcome: 'answered', durationMs: expect.any(Number) as number },
    ]);
  });

  it.each([
    ['yes', 'same'],
    ['no', 'different_body'],
  ])('are compared where that is asked for: %s is %s', async (value, outcome) => {
    answer = () => Promise.resolve({ value: text(value) });
    const body = text('yes');
    take(compared)?.answered(1, body);
    // As the answer's memory is given back once it is sent.
    body.fill(0);
    await untilEnded(1);
    expect(outcomes()).toEqual([`3 ${outcome}`]);
  });

  it.each([
    [undefined, 'same'],
    [400, 'different_status'],
    [503, 'failed'],
  ] as const)('beside a request that raised 418, and one that raises %s: %s', async (status, outcome) => {
    const raised = (code: number): TorchweaveError =>
      new TorchweaveError('nodeRaised', { node: 'n', status: code, message: `of ${code}` });
    answer = () => Promise.reject(raised(status ?? 418));
    take(compared)?.failed(1, raised(418));
    await untilEnded(1);
    expect(outcomes()).toEqual([`3 ${outcome}`]);
  });

  it('log a difference with both ids and answers and without bodies, some a minute', async () => {
    answer = () => Promise.reject(new TorchweaveError('nodeFailed', { node: 'n', attempts: 1, reason: 'no' }));
    for (let i = 1; i <= 3; i += 1) {
      take(compared)?.answered(1, text('secret'));
      await untilEnded(i);
    }
    expect(outcomes()).toEqual(['3 failed', '3 failed', '3 failed']);
    expect(logged).toHaveLength(limits.loggedAMinute);
    expect(logged[0]).toMatchObject({
      ...{ workflow: 'w', outcome: 'failed', requestId: 'r', shadowRequestId: 'r-shadow-3' },
      ...{ answer: { version: 1, status: 200 }, shadowAnswer: { version: 3, status: 500, code: 'nodeFailed' } },
    });
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('go on when the client hangs up, and are compared with nothing then', async () => {
    const asked = request();
    const shadowed = take(compared, 1, asked);
    const gone = new TorchweaveError('clientGone', {});
    asked.cancellation.abort(gone);
    shadowed?.failed(1, gone);
    await untilEnded(1);
    expect(outcomes()).toEqual(['3 answered']);
    expect(copies[0]?.cancellation.aborted).toBe(false);
  });

  it('are dropped beyond the runs that may be under way, and counted', async () => {
    answer = hang;
    for (let i = 0; i < 3; i += 1) take(notCompared)?.answered(1, text('yes'));
    await untilEnded(1);
    expect(outcomes()).toEqual(['3 dropped']);
    expect(copies).toHaveLength(limits.runs);
  });

  it('are dropped beyond the bytes that may be held, until those before have ended', async () => {
    const first = take(notCompared, 60);
    expect(take({ weights: {}, shadow: { 3: 100, 4: 100 } }, 41)).toBeUndefined();
    expect(outcomes()).toEqual(['3 dropped', '4 dropped']);
    first?.answered(1, text('yes'));
    await untilEnded(3);
    await vi.waitFor(() => expect(take(notCompared, 100)).toBeDefined());
  });

  it('are dropped where the version is not there any more', async () => {
    const shadowed = take(notCompared);
    served.clear();
    shadowed?.answered(1, text('yes'));
    await untilEnded(1);
    expect(outcomes()).toEqual(['3 dropped']);
  });

  it('are given up when what they need is to go: nobody waits for them', async () => {
    answer = hang;
    take(compared)?.answered(1, text('yes'));
    await vi.waitFor(() => expect(copies).toHaveLength(1));
    await runs.whenNone();
    await untilEnded(1);
    expect(outcomes()).toEqual(['3 dropped']);
  });

  it('are given up when the gateway stops, and none is made after that', async () => {
    answer = hang;
    take(compared)?.answered(1, text('yes'));
    const late = take(compared);
    await vi.waitFor(() => expect(copies).toHaveLength(1));
    shadows.close();
    late?.answered(1, text('yes'));
    await untilEnded(2);
    expect(outcomes()).toEqual(['3 dropped', '3 dropped']);
    expect(take(compared)).toBeUndefined();
  });

  it('share the input, whose memory is given back when the last one reads it no more', async () => {
    const release = vi.fn();
    answer = (copy) => {
      copy.releaseInput?.();
      return Promise.resolve({ value: text('yes') });
    };
    const shadowed = take({ weights: {}, shadow: { 3: 100, 4: 100 } }, 1, request(release));
    served.delete(4);
    shadowed?.answered(1, text('yes'));
    await untilEnded(2);
    expect(release).not.toHaveBeenCalled();
    shadowed?.request.releaseInput?.();
    expect(release).toHaveBeenCalledTimes(1);
  });
});
