import { liveStepMs, type TimedPoint } from '../ports/live-history.js';

/** How a workflow did lately, over all gateways: one value a step, null where nothing is known. */
export interface ObservedSeries {
  /** ISO 8601, UTC: the first step. */
  readonly startedAt: string;
  readonly stepMs: number;
  readonly requestsPerSecond: readonly (number | null)[];
  readonly errorRate: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
}

/** Puts what gateways have told together, from the first point to now. p99 is that of the slowest gateway: quantiles cannot be summed. */
export function seriesOf(points: readonly TimedPoint[], nowMs: number): ObservedSeries {
  const first = points[0]?.at ?? nowMs;
  const steps = points.length === 0 ? 0 : Math.max(1, Math.floor((nowMs - first) / liveStepMs) + 1);
  const byStep = new Map<number, TimedPoint[]>();
  for (const point of points) {
    const step = Math.floor((point.at - first) / liveStepMs);
    byStep.set(step, [...(byStep.get(step) ?? []), point]);
  }
  const each = <T>(value: (told: readonly TimedPoint[]) => T): T[] =>
    Array.from({ length: steps }, (_, step) => value(byStep.get(step) ?? []));
  const rate = (told: readonly TimedPoint[]): number => sum(told.map(({ requestsPerSecond }) => requestsPerSecond));
  return {
    ...{ startedAt: new Date(first).toISOString(), stepMs: liveStepMs },
    // A gateway at which nothing goes on tells nothing.
    requestsPerSecond: each(rate),
    errorRate: each((told) => {
      const all = rate(told);
      return all === 0 ? null : sum(told.map((one) => one.errorRate * one.requestsPerSecond)) / all;
    }),
    p99Ms: each((told) => {
      const times = told.flatMap(({ p99Ms }) => p99Ms ?? []);
      return times.length === 0 ? null : Math.max(...times);
    }),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
