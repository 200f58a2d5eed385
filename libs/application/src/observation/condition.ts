/** How something is, the worst first. What nobody knows is `unknown`, never `serving`. */
export const conditionStates = ['not serving', 'degraded', 'unknown', 'preparing', 'draining', 'serving'] as const;

export type ConditionState = (typeof conditionStates)[number];

/** How something is, since when (ISO 8601, UTC), why, and what to do about it: the sentence of the runbook. */
export interface Condition {
  readonly state: ConditionState;
  readonly since?: string;
  readonly reason?: string;
  readonly remedy?: string;
}

export const serving: Condition = { state: 'serving' };

/** Orders states: what is worse comes first. */
export const byState = (a: ConditionState, b: ConditionState): number =>
  conditionStates.indexOf(a) - conditionStates.indexOf(b);

/** The worst of several, the first of those that are as bad; `serving` of none. */
export const worstOf = (conditions: readonly Condition[]): Condition =>
  conditions.reduce((worst, next) => (byState(next.state, worst.state) < 0 ? next : worst), serving);
