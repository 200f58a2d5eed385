export type { AuditPage, AuditRow } from './audit.js';
export type { Health, HealthState } from './health.js';
export type { OperationRow, OperationsPage } from './operations.js';
export type { Attention, Fact, Overview, Part } from './overview.js';
export type { KeptBody, KeptRequest, KeptRequestsPage, KeptSpan, TriedAnswer } from './requests.js';
export type { Session } from './session.js';
export type {
  Live,
  ModelPlace,
  NodeLive,
  NodeView,
  Series,
  VersionSource,
  VersionView,
  WorkflowRow,
  WorkflowsPage,
  WorkflowView,
} from './workflows.js';
