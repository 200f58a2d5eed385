import { describe, expect, it } from 'vitest';
import { lookOf, stateLooks, statesByRank } from './states.js';

describe('states', () => {
  it('differ by more than colour: no two of one tone are of one word', () => {
    const told = Object.values(stateLooks).map(({ shape, word }) => `${shape} ${word}`);
    expect(new Set(told).size).toBe(told.length);
  });
  it('are ordered from the worst', () => expect(statesByRank[0]).toBe('not serving'));
  it('are never painted serving when their word is not known', () => {
    expect(lookOf('constructor').word).toBe('unknown');
    expect(lookOf('resting').word).toBe('unknown');
  });
});
