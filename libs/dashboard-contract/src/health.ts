/** The one vocabulary of states on page, API, command line and metrics. */
export type HealthState = 'serving' | 'degraded' | 'not serving' | 'preparing' | 'draining' | 'unknown';

/** How something is, since when, why, and what to do about it. What nobody knows is `unknown`, never `serving`. */
export interface Health {
  readonly state: HealthState;
  readonly since?: string;
  readonly reason?: string;
  /** The runbook's sentence. */
  readonly remedy?: string;
}
