import type { AuditEntry, AuditTrail } from '@torchweave/application';
import type { AuditPage, AuditRow } from '@torchweave/dashboard-contract';
import { pageApiPath } from '@torchweave/platform';
import type { FastifyInstance } from 'fastify';
import { auditQuery, type Parameters } from '../observation/queries.js';

/** Serves the audit as the page shows it. */
export function serveAudit(fastify: FastifyInstance, trail: Pick<AuditTrail, 'list'>): void {
  fastify.get<{ Querystring: Parameters }>(`${pageApiPath}/audit`, async ({ query }): Promise<AuditPage> => {
    const { kind, offset, limit } = auditQuery(query);
    return { rows: (await trail.list(kind, offset, limit)).map(auditRow) };
  });
}

function auditRow(entry: AuditEntry): AuditRow {
  const { at, key, from, forwardedFor, method, path, workflow, archive } = entry;
  return {
    ...{ at, who: key ?? 'without a key' },
    from: forwardedFor === undefined ? (from ?? 'unknown') : `${from ?? 'unknown'} (for ${forwardedFor})`,
    act: `${method} ${path}`,
    subject: [workflow, archive].filter((each) => each !== undefined).join(' · '),
    outcome: outcomeOf(entry),
  };
}

function outcomeOf({ status, code, operationId }: AuditEntry): string {
  const ended = status === undefined ? 'the client hung up' : String(status);
  return [ended, code, operationId === undefined ? undefined : `operation ${operationId}`]
    .filter((each) => each !== undefined)
    .join(' · ');
}
