import type { Metric, Registry } from 'prom-client';

/** What has been observed under one set of labels. */
export class Durations {
  /** s. */
  sum = 0;
  /** How many were longer than the bound before and no longer than the bound of the same index; the last one has no bound. */
  readonly counts: number[];

  constructor(private readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(ms: number): void {
    const seconds = ms / 1_000;
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && seconds > (bounds[index] as number)) index += 1;
    counts[index] = (counts[index] as number) + 1;
    this.sum += seconds;
  }
}

interface DurationHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** Upper bounds in s, rising. */
  readonly buckets: readonly number[];
  readonly registry: Registry;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram in prom-client's registry whose observations are two additions: three of them are made for every node. */
export class DurationHistogram<Label extends string> {
  readonly name: string;
  private readonly series = new Map<
    string,
    { readonly labels: Record<string, string>; readonly durations: Durations }
  >();

  constructor(private readonly options: DurationHistogramOptions<Label>) {
    this.name = options.name;
    options.registry.registerMetric(this as unknown as Metric);
  }

  /** The durations of these labels' values, in the order of the names. */
  labels(...values: readonly string[]): Durations {
    const key = JSON.stringify(values);
    let found = this.series.get(key);
    if (found === undefined) {
      const labels = Object.fromEntries(this.options.labelNames.map((label, index) => [label, values[index] ?? '']));
      found = { labels, durations: new Durations(this.options.buckets) };
      this.series.set(key, found);
    }
    return found.durations;
  }

  /** Forgets what was observed under these labels' values. */
  remove(...values: readonly string[]): void {
    this.series.delete(JSON.stringify(values));
  }

  /** For the registry. */
  get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: Sample[] }> {
    const { name, help } = this.options;
    const values = [...this.series.values()].flatMap(({ labels, durations }) => this.samples(labels, durations));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }

  private samples(labels: Record<string, string>, { counts, sum }: Durations): Sample[] {
    const { name, buckets } = this.options;
    let below = 0;
    const cumulated = counts.map((count, index) => {
      below += count;
      return { metricName: `${name}_bucket`, labels: { le: buckets[index] ?? '+Inf', ...labels }, value: below };
    });
    return [
      ...cumulated,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: below },
    ];
  }
}
