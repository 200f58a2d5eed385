/** A registration, an update, or whatever else was asked for. */
export interface OperationRow {
  readonly id: string;
  readonly kind: string;
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed';
  readonly workflow?: string;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** How often a worker took it up. */
  readonly attempts: number;
  /** The step under way. */
  readonly step?: string;
  readonly steps: readonly { readonly name: string; readonly startedAt: string; readonly durationMs?: number }[];
  readonly error?: {
    readonly code: number;
    readonly type: string;
    readonly message: string;
    readonly errorCode: string;
  };
}

/** `GET /dashboard/api/operations`. */
export interface OperationsPage {
  readonly total: number;
  readonly rows: readonly OperationRow[];
}
