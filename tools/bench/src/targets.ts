/** A figure that must keep to a bound: a fixed one, or a multiple of another figure's median, plus an allowance. */
export interface Condition {
  /** The figure's name. */
  readonly figure: string;
  readonly must: 'at least' | 'at most';
  readonly bound: number;
  /** The figure that `bound` multiplies; without it, `bound` is the bound. */
  readonly times?: string;
  readonly plus?: number;
  readonly unit: string;
  /** Holds for the worst sample instead of the median. */
  readonly worst?: boolean;
}

/** What Torchweave is meant to reach: all conditions. */
export interface Target {
  readonly what: string;
  readonly conditions: readonly Condition[];
}

const atLeast = (figure: string, bound: number, unit: string, more: Partial<Condition> = {}): Condition => ({
  ...{ figure, must: 'at least', bound, unit },
  ...more,
});
const atMost = (figure: string, bound: number, unit: string, more: Partial<Condition> = {}): Condition => ({
  ...{ figure, must: 'at most', bound, unit },
  ...more,
});
/** Of the same measure of another side. */
const timesSide = (figure: string, side: string): Partial<Condition> => ({
  times: figure.replace('.ours.', `.${side}.`),
});

const rate = (workflow: string, clients: number): string => `${workflow}.${clients}.ours.perSecond`;
const p50 = (workflow: string, clients: number): string => `${workflow}.${clients}.ours.p50Ms`;
const flat = (kind: string, percent: number): Condition =>
  atMost(`soak.${kind}.growthPercent`, percent, `% more ${kind}`);

/** What is aimed at, as data: docs/performance.md tells what is met. */
export const targets: readonly Target[] = [
  {
    what: "chain, 1 client: p50 no more than TorchServe's own, within 1.5 ms of the model alone",
    conditions: [
      atMost(p50('chain', 1), 1, 'ms', timesSide(p50('chain', 1), 'theirs')),
      atMost(p50('chain', 1), 1, 'ms', { ...timesSide(p50('chain', 1), 'alone'), plus: 1.5 }),
    ],
  },
  {
    what: "chain, 8 clients: at least 20 times TorchServe's own",
    conditions: [atLeast(rate('chain', 8), 20, '/s', timesSide(rate('chain', 8), 'theirs'))],
  },
  {
    what: "chain, 32 clients: at least 5 times TorchServe's own and 0.55 of the model alone",
    conditions: [
      atLeast(rate('chain', 32), 5, '/s', timesSide(rate('chain', 32), 'theirs')),
      atLeast(rate('chain', 32), 0.55, '/s', timesSide(rate('chain', 32), 'alone')),
    ],
  },
  {
    what: 'chain, 64 clients: at least 0.7 of the model alone',
    conditions: [atLeast(rate('chain', 64), 0.7, '/s', timesSide(rate('chain', 64), 'alone'))],
  },
  {
    what: "diamond, 32 clients: at least 4 times TorchServe's own",
    conditions: [atLeast(rate('diamond', 32), 4, '/s', timesSide(rate('diamond', 32), 'theirs'))],
  },
  {
    what: 'chain, 512 clients: no error, at least 4,000/s, p99 under 500 ms',
    conditions: [
      atMost('overload.512.ours.errors', 0, 'errors', { worst: true }),
      atLeast('overload.512.ours.perSecond', 4_000, '/s'),
      atMost('overload.512.ours.p99Ms', 500, 'ms'),
    ],
  },
  {
    what: 'functions only, two nodes: p50 under 0.5 ms at 1 client, at least 12,000/s at 32',
    conditions: [atMost(p50('functions', 1), 0.5, 'ms'), atLeast(rate('functions', 32), 12_000, '/s')],
  },
  {
    what: "three model nodes on an echo server: at least level with KServe's router, p50 at 1 client and requests/s at 32",
    conditions: [
      atMost(p50('models', 1), 1, 'ms', timesSide(p50('models', 1), 'router')),
      atLeast(rate('models', 32), 1, '/s', timesSide(rate('models', 32), 'router')),
    ],
  },
  {
    what: '1 MB body through the chain: p50 within 1.3 of the model alone',
    conditions: [atMost(p50('bodies', 1), 1.3, 'ms', timesSide(p50('bodies', 1), 'alone'))],
  },
  ...(['chain', 'diamond'] as const).map((workflow) => ({
    what: `registering ${workflow}: at most 0.65 of TorchServe's own time`,
    conditions: [
      atMost(`registration.${workflow}.ours.ms`, 0.65, 'ms', { times: `registration.${workflow}.theirs.ms` }),
    ],
  })),
  {
    what: 'registering functions only, api to served: p50 under 30 ms, 100 a second with two workers',
    conditions: [atMost('enqueue.served.ms', 30, 'ms'), atLeast('enqueue.perSecond', 100, '/s')],
  },
  {
    what: 'one more functions-only workflow: under 3 MB proportional while idle',
    conditions: [atMost('memory.mb', 3, 'MB')],
  },
  {
    what: '100,000 workflows: p99 of a list page under 5 ms, of describe under 3 ms',
    conditions: [
      atLeast('catalogue.size', 100_000, 'workflows'),
      atMost('catalogue.1.list.p99Ms', 5, 'ms'),
      atMost('catalogue.1.describe.p99Ms', 3, 'ms'),
    ],
  },
  {
    what: 'soak: resident memory, descriptors, threads and processes flat, no error',
    conditions: [
      flat('residentBytes', 5),
      ...['descriptors', 'threads', 'processes'].map((kind) => flat(kind, 1)),
      atMost('soak.errors', 0, 'errors'),
    ],
  },
];
