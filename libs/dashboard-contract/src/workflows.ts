import type { Health, HealthState } from './health.js';
import type { OperationRow } from './operations.js';
import type { Fact } from './overview.js';

/** What goes on at this moment, over all gateways. */
export interface Live {
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  /** Absent where nothing was answered. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** True where no gateway has told lately: the figures are 0 then, and say nothing. */
  readonly isUnknown?: true;
}

export interface WorkflowRow {
  readonly name: string;
  readonly version: number;
  readonly health: Health;
  readonly live: Live;
  readonly registeredAt: string;
}

/** `GET /dashboard/api/workflows`. */
export interface WorkflowsPage {
  readonly at: string;
  readonly total: number;
  readonly matched: number;
  readonly rows: readonly WorkflowRow[];
}

export interface NodeLive extends Live {
  readonly waiting: number;
  readonly running: number;
  readonly retries: number;
}

/** A model on one server. */
export interface ModelPlace {
  readonly server: string;
  readonly state: HealthState;
  readonly workersReady?: number;
  readonly workersWanted?: number;
  readonly reason?: string;
}

export interface NodeView {
  readonly name: string;
  readonly kind: 'model' | 'function';
  readonly health: Health;
  readonly live: NodeLive;
  /** The spec's numbers: `batch-size`, `timeout-ms` and so on. */
  readonly numbers: readonly Fact[];
  readonly model?: { readonly archive: string; readonly name: string; readonly places: readonly ModelPlace[] };
  /** Its processes where a gateway tells them. */
  readonly function?: { readonly name: string; readonly processes?: number };
  readonly specLines?: { readonly first: number; readonly text: string };
  readonly lastError?: {
    readonly at: string;
    readonly message: string;
    readonly errorCode: string;
    readonly requestId?: string;
  };
}

export interface VersionView {
  readonly version: number;
  readonly state: HealthState;
  readonly kept: 'active' | 'warm' | 'retired' | 'preparing';
  /** Per cent of the requests. */
  readonly weight: number;
  readonly sha256?: string;
  /** Empty where it is not known any more. */
  readonly registeredAt: string;
  readonly live: Live;
  readonly gateways: number;
}

/** A stretch of time in steps; null where nothing is known. */
export interface Series {
  readonly startedAt: string;
  readonly stepMs: number;
  readonly requestsPerSecond: readonly (number | null)[];
  readonly errorRate: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
}

/** `GET /dashboard/api/workflows/{name}`. */
export interface WorkflowView {
  readonly at: string;
  readonly name: string;
  readonly version: number;
  readonly health: Health;
  readonly live: Live;
  readonly registeredAt: string;
  readonly url?: string;
  readonly sha256?: string;
  readonly nodes: readonly NodeView[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly versions: readonly VersionView[];
  readonly operations: readonly OperationRow[];
  readonly series: Series;
  /** When versions became active. */
  readonly marks: readonly { readonly at: string; readonly version: number }[];
}

/** `GET /dashboard/api/workflows/{name}/versions/{version}/source`: at most 256 KiB of each. */
export interface VersionSource {
  readonly spec: string;
  readonly handler?: string;
}
