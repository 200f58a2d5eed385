import { describe, expect, it } from 'vitest';
import { Cancellation, type CancellationListener, type CancellationSignal } from './cancellation.js';

describe('Cancellation', () => {
  const heard: string[] = [];
  const listener = (name: string): CancellationListener => ({ handleEvent: () => void heard.push(name) });

  it('tells every listener once, with the first reason', () => {
    const cancellation = new Cancellation();
    for (const name of ['a', 'b']) cancellation.addEventListener('abort', listener(name));
    cancellation.abort('first');
    cancellation.abort('second');
    expect(heard.splice(0)).toEqual(['a', 'b']);
    expect([cancellation.aborted, cancellation.reason]).toEqual([true, 'first']);
    expect(() => cancellation.throwIfAborted()).toThrow('first');
  });

  it('tells no listener that was removed, or came too late', () => {
    const cancellation = new Cancellation();
    const [gone, stays, late] = [listener('gone'), listener('stays'), listener('late')];
    cancellation.addEventListener('abort', gone);
    cancellation.addEventListener('abort', stays);
    cancellation.removeEventListener('abort', gone);
    cancellation.removeEventListener('abort', late);
    cancellation.throwIfAborted();
    cancellation.abort(undefined);
    cancellation.addEventListener('abort', late);
    expect(heard.splice(0)).toEqual(['stays']);
  });

  it('lets a listener remove others while they are told', () => {
    const cancellation = new Cancellation();
    const second = listener('second');
    const first = { handleEvent: () => cancellation.removeEventListener('abort', second) };
    cancellation.addEventListener('abort', first);
    cancellation.addEventListener('abort', second);
    cancellation.abort(undefined);
    expect(heard.splice(0)).toEqual(['second']);
  });

  it('is what an AbortSignal is', () => {
    const controller = new AbortController();
    const signal: CancellationSignal = controller.signal;
    signal.addEventListener('abort', listener('heard'));
    controller.abort();
    expect(heard.splice(0)).toEqual(['heard']);
  });
});
