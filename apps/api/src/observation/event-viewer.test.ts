import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Snapshot } from './event-streams.js';
import { Viewer } from './event-viewer.js';

const all = { overview: true, operations: true, workflow: 'w' };
const snapshot = (overview: string, ...operations: readonly (readonly [string, string])[]): Snapshot => ({
  ...{ overview, operations: new Map(operations), workflows: new Map([['w', 'W;']]) },
});

/** What a viewer was sent, and how much of it its client has not read. */
class Answer {
  readonly sent: string[] = [];
  writableLength = 0;
  writableEnded = false;
  isDestroyed = false;

  write(text: string): void {
    this.sent.push(text);
  }
  end(): void {
    this.writableEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

let answer: Answer;
const viewing = (topics = all): Viewer => new Viewer(answer as unknown as ServerResponse, topics);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  answer = new Answer();
  return () => vi.useRealTimers();
});

describe('a viewer', () => {
  it('gets what it follows, and of operations what has changed', () => {
    const viewer = viewing();
    viewer.show(snapshot('A;', ['1', 'one;'], ['2', 'two;']));
    viewer.show(snapshot('B;', ['1', 'one;'], ['2', 'TWO;'], ['3', 'three;']));
    expect(answer.sent).toEqual(['A;W;one;two;', 'B;W;TWO;three;']);
    answer = new Answer();
    viewing({ overview: false, operations: false, workflow: 'other' }).show(snapshot('A;', ['1', 'one;']));
    expect(answer.sent).toEqual([]);
  });

  it('that is slow gets the newest once it has read, and loses no change', () => {
    const viewer = viewing();
    viewer.show(snapshot('A;'));
    answer.writableLength = 1;
    viewer.show(snapshot('B;', ['1', 'one;']));
    answer.writableLength = 0;
    viewer.show(snapshot('C;', ['1', 'one;']));
    expect(answer.sent).toEqual(['A;W;', 'C;W;one;']);
  });

  it('that does not read is ended, and one that reads in the end is not', () => {
    const viewer = viewing();
    answer.writableLength = 1;
    viewer.show(snapshot('A;'));
    vi.advanceTimersByTime(15_000);
    viewer.show(snapshot('A;'));
    expect(answer.isDestroyed).toBe(false);
    vi.advanceTimersByTime(1);
    viewer.show(snapshot('A;'));
    expect([answer.isDestroyed, answer.sent]).toEqual([true, []]);
  });

  it('gets a comment where there is nothing to tell for a while', () => {
    const viewer = viewing();
    vi.advanceTimersByTime(14_999);
    viewer.show(undefined);
    expect(answer.sent).toEqual([]);
    vi.advanceTimersByTime(1);
    viewer.show(undefined);
    expect(answer.sent).toEqual([': \n\n']);
  });

  it('is ended after a while, so that it is asked anew whether it may look', () => {
    const viewer = viewing();
    vi.advanceTimersByTime(600_001);
    viewer.show(snapshot('A;'));
    expect([answer.writableEnded, answer.sent]).toEqual([true, []]);
  });
});
