import { formatNumber } from './report/format.js';
import type { Figure } from './statistics.js';
import { targets, type Condition } from './targets.js';

type Verdict = 'met' | 'not met' | 'not measured';

export interface JudgedTarget {
  readonly what: string;
  readonly verdict: Verdict;
  /** A sentence a condition: what was measured, and the bound. */
  readonly measured: readonly string[];
}

/** Judges every target by what was measured. A target is met when every condition holds. */
export function judge(figures: Readonly<Record<string, Figure>>): JudgedTarget[] {
  return targets.map(({ what, conditions }) => {
    const judged = conditions.map((condition) => judgeCondition(condition, figures));
    const verdicts = judged.map(({ verdict }) => verdict);
    const verdict = verdicts.find((each) => each === 'not met') ?? verdicts.find((each) => each === 'not measured');
    return { what, verdict: verdict ?? 'met', measured: judged.flatMap(({ told }) => told) };
  });
}

function judgeCondition(
  condition: Condition,
  figures: Readonly<Record<string, Figure>>,
): { verdict: Verdict; told: string[] } {
  const { figure, must, bound, times, plus = 0, unit, worst = false } = condition;
  const found = figures[figure];
  const base = times === undefined ? 1 : (figures[times]?.median ?? NaN);
  const limit = bound * base + plus;
  if (found === undefined || !Number.isFinite(limit)) return { verdict: 'not measured', told: [] };
  const value = worst ? (must === 'at most' ? found.max : found.min) : found.median;
  const holds = must === 'at most' ? value <= limit : value >= limit;
  const share = times === undefined ? '' : `, ${formatNumber(value / base)} of ${times.split('.').at(-2)}`;
  const told = `${formatNumber(value)} ${unit} (${must} ${formatNumber(limit)}${share})`;
  return { verdict: holds ? 'met' : 'not met', told: [told] };
}
