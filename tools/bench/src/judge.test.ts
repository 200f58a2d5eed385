import { describe, expect, it } from 'vitest';
import { figureOf } from './statistics.js';
import { judge, type JudgedTarget } from './judge.js';

function judged(figures: Readonly<Record<string, readonly number[]>>, what: RegExp): JudgedTarget | undefined {
  const named = Object.entries(figures).map(([name, samples]) => [name, figureOf(samples)] as const);
  return judge(Object.fromEntries(named)).find((target) => what.test(target.what));
}

describe('judge', () => {
  it('meets a target whose every condition holds, by the medians', () => {
    const figures = {
      'chain.32.ours.perSecond': [100, 5_600, 9_000],
      'chain.32.theirs.perSecond': [700],
      'chain.32.alone.perSecond': [7_000],
    };
    const target = judged(figures, /^chain, 32 clients/);
    expect(target?.verdict).toBe('met');
    expect(target?.measured[0]).toBe('5,600 /s (at least 3,500, 8 of theirs)');
  });

  it('does not meet one with a condition that fails, even where another was not measured', () => {
    expect(judged({ 'functions.1.ours.p50Ms': [0.7] }, /^functions only/)?.verdict).toBe('not met');
  });

  it('allows what is added to the other side', () => {
    const figures = { 'chain.1.ours.p50Ms': [12.4], 'chain.1.theirs.p50Ms': [14], 'chain.1.alone.p50Ms': [11] };
    expect(judged(figures, /^chain, 1 client/)?.verdict).toBe('met');
    expect(judged({ ...figures, 'chain.1.ours.p50Ms': [12.6] }, /^chain, 1 client/)?.verdict).toBe('not met');
  });

  it('counts an error of any run', () => {
    const figures = { 'overload.512.ours.errors': [0, 0, 1] };
    expect(judged(figures, /512 clients/)?.verdict).toBe('not met');
  });

  it('does not judge against a side that was not measured', () => {
    expect(judged({ 'chain.8.ours.perSecond': [500] }, /^chain, 8/)?.verdict).toBe('not measured');
    expect(judged({}, /^soak/)?.verdict).toBe('not measured');
  });
});
