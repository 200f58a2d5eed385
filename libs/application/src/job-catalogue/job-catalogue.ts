import { z } from 'zod';
import { registrationSaga } from '../registration/registration-saga.js';
import { stepNames } from '../registration/saga/saga.js';
import { unregistrationSaga } from '../registration/unregistration-saga.js';
import { reconciliation, registration, unregistration } from './payloads.js';

/** What a job carries and how long and how often it may run: all that there is to know of it in one record. */
interface JobDescription<Payload extends z.ZodType, Result extends z.ZodType> {
  /** Of the payload that is written. */
  readonly schemaVersion: number;
  readonly payload: Payload;
  /** Reads a stored payload of each version that was ever written, and lifts it to today's. */
  readonly readers: Readonly<Record<number, z.ZodType<z.output<Payload>>>>;
  readonly result: Result;
  /** The steps of a run in which nothing fails, in order. */
  readonly steps: readonly string[];
  /** ms that one run may take. */
  readonly timeoutMs: number;
  /** ms between runs, for a job that repeats by itself. */
  readonly everyMs?: number;
}

const describe = <P extends z.ZodType, R extends z.ZodType>(job: JobDescription<P, R>): JobDescription<P, R> => job;

const workflowResult = z.object({ workflow: z.string() });

export const jobCatalogue = {
  'register-workflow': describe({
    schemaVersion: 1,
    payload: registration,
    readers: { 1: registration },
    result: workflowResult,
    steps: stepNames(registrationSaga),
    timeoutMs: 600_000,
  }),
  'unregister-workflow': describe({
    schemaVersion: 1,
    payload: unregistration,
    readers: { 1: unregistration },
    result: workflowResult,
    steps: stepNames(unregistrationSaga),
    timeoutMs: 120_000,
  }),
  'reconcile-model-servers': describe({
    schemaVersion: 1,
    payload: reconciliation,
    readers: { 1: reconciliation },
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

/** ms that one run of a job may take; of a job that this version does not know, the longest of those that it does. */
export function longestRunMs(storedName: string): number {
  const known = jobNames.filter((name) => name === storedName);
  return Math.max(...(known.length === 0 ? jobNames : known).map((name) => jobCatalogue[name].timeoutMs));
}
