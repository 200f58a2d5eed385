import type { AuditEntry, AuditKind, AuditTrail } from '@torchweave/application';

/** {@link AuditTrail} in this process. */
export class InMemoryAuditTrail implements AuditTrail {
  private readonly entries: Record<AuditKind, AuditEntry[]> = { change: [], refused: [] };

  /** @param limits of each kind, how many are kept. */
  constructor(private readonly limits: Readonly<Record<AuditKind, number>> = { change: 10_000, refused: 1_000 }) {}

  append(entry: AuditEntry): Promise<void> {
    const { kind } = entry;
    this.entries[kind] = [entry, ...this.entries[kind]].slice(0, this.limits[kind]);
    return Promise.resolve();
  }

  list(kind: AuditKind, offset: number, limit: number): Promise<readonly AuditEntry[]> {
    return Promise.resolve(this.entries[kind].slice(offset, offset + limit));
  }
}
