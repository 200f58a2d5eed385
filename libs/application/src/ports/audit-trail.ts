/** What of a request to the management API is kept: what may change something, and what was not let in. */
export const auditKinds = ['change', 'refused'] as const;
export type AuditKind = (typeof auditKinds)[number];

/** Who did what, from where, and what came of it. No text of it is longer than some hundred characters, and none holds a key. */
export interface AuditEntry {
  readonly kind: AuditKind;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The name of the key; absent where nobody is asked for one, or none was good. */
  readonly key?: string;
  /** The address of whoever is connected. */
  readonly from?: string;
  /** What a client or a proxy says of where it comes from. */
  readonly forwardedFor?: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly workflow?: string;
  /** The archive's URL, without its query. */
  readonly archive?: string;
  /** Of the answer; absent where the client was gone before. */
  readonly status?: number;
  /** The error of the catalogue with which it was not let in. */
  readonly code?: string;
  readonly operationId?: string;
  readonly requestId?: string;
}

/** What was done lately, for whoever asks later. Bounded in number, each kind for itself: those who are not let in wash nothing away. */
export interface AuditTrail {
  /** @throws TorchweaveError `stateUnavailable`, `stateRefusesWrites`. */
  append(entry: AuditEntry): Promise<void>;
  /** The newest first, `limit` of them after `offset`. @throws TorchweaveError `stateUnavailable`. */
  list(kind: AuditKind, offset: number, limit: number): Promise<readonly AuditEntry[]>;
}
