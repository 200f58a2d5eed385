import { z } from 'zod';

const fault = z.object({ message: z.string(), errorCode: z.string() });

const span = z.object({
  node: z.string(),
  attempt: z.number(),
  startedMs: z.number(),
  waitedMs: z.number().optional(),
  durationMs: z.number(),
  outcome: z.string(),
  error: fault.optional(),
  place: z.string().optional(),
});

/** A prediction that was kept; what a newer server says besides stays in it. */
export const keptRequestAnswer = z.looseObject({
  id: z.string(),
  workflow: z.string(),
  version: z.number(),
  at: z.string(),
  durationMs: z.number(),
  status: z.number(),
  outcome: z.string(),
  why: z.string(),
  gateway: z.string(),
  error: fault.optional(),
  spans: z.array(z.looseObject(span.shape)),
});

export type KeptRequestAnswer = z.infer<typeof keptRequestAnswer>;
