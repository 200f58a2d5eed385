import { z } from 'zod';

/** What a job carries and how long and how often it may run: all that there is to know of it in one record. */
interface JobDescription<Payload extends z.ZodType, Result extends z.ZodType> {
  readonly schemaVersion: number;
  readonly payload: Payload;
  readonly result: Result;
  /** The steps of a run in which nothing fails, in order. */
  readonly steps: readonly string[];
  /** ms that one run may take. */
  readonly timeoutMs: number;
  /** ms between runs, for a job that repeats by itself. */
  readonly everyMs?: number;
}

const describe = <P extends z.ZodType, R extends z.ZodType>(job: JobDescription<P, R>): JobDescription<P, R> => job;

/** Characters of an archive's URL: presigned ones have some 2,000. A job is kept for a day, and its workflow as long as it is there. */
export const longestUrl = 8_192;
/** Characters of the other texts of a payload; what they may be is the domain's to say. */
const longestText = 1_024;

const workflowResult = z.object({ workflow: z.string() });

export const jobCatalogue = {
  'register-workflow': describe({
    schemaVersion: 1,
    payload: z.object({
      url: z.string().max(longestUrl),
      workflowName: z.string().max(longestText).optional(),
      sha256: z.string().max(longestText).optional(),
    }),
    result: workflowResult,
    steps: ['fetch-archive', 'read-archive', 'fetch-models', 'reserve-name', 'register-nodes', 'commit', 'publish'],
    timeoutMs: 600_000,
  }),
  'unregister-workflow': describe({
    schemaVersion: 1,
    payload: z.object({ workflow: z.string().max(longestText) }),
    result: workflowResult,
    steps: ['begin-removal', 'withdraw', 'remove-models'],
    timeoutMs: 120_000,
  }),
  'reconcile-model-servers': describe({
    schemaVersion: 1,
    payload: z.object({}),
    result: z.object({ registered: z.number(), removed: z.number() }),
    steps: ['finish-abandoned-operations', 'restore-models', 'remove-orphans', 'remove-unused-archives'],
    timeoutMs: 300_000,
    everyMs: 5_000,
  }),
} as const;

export type JobName = keyof typeof jobCatalogue;
export type JobPayload<Name extends JobName> = z.infer<(typeof jobCatalogue)[Name]['payload']>;
export type JobResult<Name extends JobName> = z.infer<(typeof jobCatalogue)[Name]['result']>;

export const jobNames = Object.keys(jobCatalogue) as JobName[];
