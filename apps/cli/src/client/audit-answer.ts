import { z } from 'zod';

/** An entry of the audit; what a newer server says besides stays in it. */
const entry = z.looseObject({
  at: z.string(),
  key: z.string().optional(),
  from: z.string().optional(),
  method: z.string(),
  path: z.string(),
  workflow: z.string().optional(),
  archive: z.string().optional(),
  status: z.number().optional(),
  code: z.string().optional(),
  operationId: z.string().optional(),
});

/** `GET /audit`. */
export const auditAnswer = z.object({ entries: z.array(entry) });
export type AuditAnswer = z.infer<typeof auditAnswer>;
