import type { Health, HealthState } from './health.js';
import type { OperationRow } from './operations.js';

/** A figure or a word with its name. */
export interface Fact {
  readonly name: string;
  readonly value: string | number;
  readonly unit?: 'ms' | 'bytes' | 'count' | 'rate' | 'time';
}

/** A process or a server that the installation is made of. */
export interface Part {
  readonly kind: 'api' | 'worker' | 'gateway' | 'redis' | 'model-server';
  readonly id: string;
  readonly health: Health;
  readonly version?: string;
  readonly facts: readonly Fact[];
}

/** Something that needs a look. */
export interface Attention {
  readonly health: Health;
  readonly title: string;
  /** A path of the page, such as `workflows/digits/nodes/classifier`. */
  readonly href: string;
}

/** `GET /dashboard/api/overview`: the first page. */
export interface Overview {
  readonly at: string;
  readonly parts: readonly Part[];
  readonly workflows: Readonly<Record<HealthState, number>>;
  /** The worst first, at most 50. */
  readonly attention: readonly Attention[];
  readonly operations: {
    readonly waiting: number;
    readonly running: number;
    readonly failedLastDay: number;
    /** At most 40, the newest first. */
    readonly recent: readonly OperationRow[];
  };
}
