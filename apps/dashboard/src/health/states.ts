import type { HealthState } from '@torchweave/dashboard-contract';

/** How a state is told: by its word, its shape and its colour, never by colour alone. */
export interface StateLook {
  readonly word: HealthState;
  readonly shape: string;
  /** Names the colours `--<tone>` and `--<tone>-ground`. */
  readonly tone: 'serving' | 'degraded' | 'not-serving' | 'unknown' | 'changing';
  /** 0 is worst: what needs a look comes first. */
  readonly rank: number;
}

/** Every state that page, API, command and metrics speak of. */
export const stateLooks: Readonly<Record<HealthState, StateLook>> = {
  'not serving': { word: 'not serving', shape: '■', tone: 'not-serving', rank: 0 },
  degraded: { word: 'degraded', shape: '▲', tone: 'degraded', rank: 1 },
  unknown: { word: 'unknown', shape: '○', tone: 'unknown', rank: 2 },
  draining: { word: 'draining', shape: '◐', tone: 'changing', rank: 3 },
  preparing: { word: 'preparing', shape: '◐', tone: 'changing', rank: 4 },
  serving: { word: 'serving', shape: '●', tone: 'serving', rank: 5 },
};

/** From the worst to the best. */
export const statesByRank: readonly HealthState[] = Object.values(stateLooks)
  .sort((a, b) => a.rank - b.rank)
  .map(({ word }) => word);

/** What a newer server calls by a word of its own is unknown here, and never painted as serving. */
export const lookOf = (state: string): StateLook =>
  Object.hasOwn(stateLooks, state) ? stateLooks[state as HealthState] : stateLooks.unknown;
