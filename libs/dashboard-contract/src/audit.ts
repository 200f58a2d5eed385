/** Who did what, from where, and what came of it. */
export interface AuditRow {
  readonly at: string;
  readonly who: string;
  readonly from: string;
  readonly act: string;
  readonly subject: string;
  readonly outcome: string;
}

/** `GET /dashboard/api/audit`. */
export interface AuditPage {
  readonly rows: readonly AuditRow[];
}
