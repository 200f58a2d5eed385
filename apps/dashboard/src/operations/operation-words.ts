import type { OperationRow } from '@torchweave/dashboard-contract';

/** How long it has taken, or has been under way. */
export function operationMs({ createdAt, startedAt, finishedAt }: OperationRow, nowMs: number): number {
  const end = finishedAt === undefined ? nowMs : Date.parse(finishedAt);
  return Math.max(0, end - Date.parse(startedAt ?? createdAt));
}

/** What people call the acts whose kinds tell it less well. */
const acts: Readonly<Record<string, string>> = {
  'register-workflow': 'Register',
  'unregister-workflow': 'Unregister',
  'register-version': 'Update',
  'set-default-version': 'Set default of',
  'direct-traffic': 'Traffic of',
  'unregister-version': 'Remove a version of',
};

/** `register-version` of `digits` as `Update digits`; a kind of another version as it is. */
export function operationTitle({ kind, workflow }: OperationRow): string {
  const act = Object.hasOwn(acts, kind) ? acts[kind] : kind;
  return workflow === undefined ? (act ?? kind).replace(/ of$/, '') : `${act} ${workflow}`;
}

/** A state of an operation in the page's shapes. */
export const operationLook: Readonly<Record<OperationRow['state'], { shape: string; tone: string }>> = {
  waiting: { shape: '○', tone: 'unknown' },
  running: { shape: '◐', tone: 'changing' },
  succeeded: { shape: '●', tone: 'serving' },
  failed: { shape: '■', tone: 'not-serving' },
};

export const isUnderWay = ({ state }: Pick<OperationRow, 'state'>): boolean =>
  state === 'waiting' || state === 'running';
