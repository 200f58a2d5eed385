/** What a number of samples of one measurement come to. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly samples: number;
}

/** Median, smallest and largest of the finite samples; NaN where there is none. */
export function figureOf(samples: readonly number[]): Figure {
  const sorted = samples.filter(Number.isFinite).sort((a, b) => a - b);
  return {
    median: median(sorted),
    min: sorted[0] ?? NaN,
    max: sorted.at(-1) ?? NaN,
    samples: sorted.length,
  };
}

/** The middle one, or the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** The smallest sample that `share` (0 to 1) of all samples do not exceed: the nearest rank, never an interpolation. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Least squares: how much `values`, taken at equal steps, grow from one to the next. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [step, value] of values.entries()) {
    above += (step - middle) * (value - mean);
    below += (step - middle) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
