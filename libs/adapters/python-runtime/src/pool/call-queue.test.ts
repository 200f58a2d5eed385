import { afterEach, describe, expect, it } from 'vitest';
import { Call } from './call.js';
import { CallFailure } from './call-failure.js';
import { CallQueue } from './call-queue.js';

const failure = new CallFailure('unavailable', 'the test is over');

describe('CallQueue', () => {
  const calls: Call[] = [];
  afterEach(() => calls.splice(0).forEach((call) => call.fail(failure)));

  function call(name: string): Call {
    const { signal } = new AbortController();
    const request = { entry: 0, requestId: name, headers: {}, input: [], timeoutMs: 60_000, signal };
    const made = new Call(request, ignore, ignore, ignore);
    calls.push(made);
    return made;
  }
  const names = (taken: readonly Call[]): string[] => taken.map(({ requestId }) => requestId);

  it('gives calls in their order, as many as are asked for', () => {
    const queue = new CallQueue();
    for (const name of ['a', 'b', 'c']) queue.push(call(name));
    expect(queue.waiting).toBe(3);
    expect(names(queue.takeBatch(2))).toEqual(['a', 'b']);
    expect(names(queue.takeBatch(2))).toEqual(['c']);
    expect(queue.first()).toBeUndefined();
    expect(queue.waiting).toBe(0);
  });

  it('puts calls back in front', () => {
    const queue = new CallQueue();
    const first = call('a');
    queue.push(first);
    queue.push(call('b'));
    queue.takeBatch(1);
    expect(first.queued).toBe(false);
    queue.pushFront([first]);
    expect(first.queued).toBe(true);
    expect(names(queue.takeAll())).toEqual(['a', 'b']);
  });

  it('gives a call that goes alone with no other', () => {
    const queue = new CallQueue();
    const calls = ['a', 'b', 'c', 'd', 'e'].map(call);
    for (const each of calls) {
      each.alone = ['b', 'c'].includes(each.requestId);
      queue.push(each);
    }
    const batches = Array.from({ length: 4 }, () => names(queue.takeBatch(4)));
    expect(batches).toEqual([['a'], ['b'], ['c'], ['d', 'e']]);
    expect(queue.waiting).toBe(0);
  });

  it('skips calls that have settled while they waited', () => {
    const queue = new CallQueue();
    const gone = call('a');
    queue.push(gone);
    queue.push(call('b'));
    gone.fail(failure);
    queue.abandoned();
    expect(queue.waiting).toBe(1);
    expect(names(queue.takeBatch(2))).toEqual(['b']);
  });

  it('keeps the order over many calls', () => {
    const queue = new CallQueue();
    const expected: string[] = [];
    const taken: string[] = [];
    for (let index = 0; index < 5_000; index += 1) {
      expected.push(String(index));
      queue.push(call(String(index)));
      if (index % 3 > 0) taken.push(...names(queue.takeBatch(1)));
    }
    taken.push(...names(queue.takeAll()));
    expect(taken).toEqual(expected);
  });
});

function ignore(): void {
  // Nobody waits for these calls.
}
