import { z } from 'zod';
import { registrationSaga } from '../registration/registration-saga.js';
import { stepNames } from '../registration/saga/saga.js';
import { unregistrationSaga } from '../registration/unregistration-saga.js';
import { scalingSaga } from '../scaling/scaling-saga.js';
import { directionSaga } from '../versions/direction-saga.js';
import { promotionSaga } from '../versions/promotion-saga.js';
import { updateSaga } from '../versions/update-saga.js';
import { versionRemovalSaga } from '../versions/version-removal-saga.js';
import { direction, longestWatchMs, promotion, reconciliation, registration, registrationByUrl } from './payloads.js';
import { scaling, unregistration, update, versionRemoval } from './payloads.js';

/** What a job carries and how long and how often it may run: all that there is to know of it in one record. */
interface JobDescription<Payload extends z.ZodType, Result extends z.ZodType> {
  /** The newest version of its payload. */
  readonly schemaVersion: number;
  /** Fields by the version that brought them: a payload is written as the lowest that can say it, so that older workers take it. */
  readonly fieldsSince: Readonly<Record<string, number>>;
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
    schemaVersion: 2,
    fieldsSince: { uploaded: 2 },
    payload: registration,
    readers: { 1: registrationByUrl, 2: registration },
    result: workflowResult,
    steps: stepNames(registrationSaga),
    timeoutMs: 600_000,
  }),
  'unregister-workflow': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: unregistration,
    readers: { 1: unregistration },
    result: workflowResult,
    steps: stepNames(unregistrationSaga),
    timeoutMs: 120_000,
  }),
  'register-version': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: update,
    readers: { 1: update },
    result: workflowResult,
    steps: stepNames(updateSaga),
    timeoutMs: 600_000 + longestWatchMs,
  }),
  'set-default-version': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: promotion,
    readers: { 1: promotion },
    result: workflowResult,
    steps: stepNames(promotionSaga),
    timeoutMs: 600_000,
  }),
  'direct-traffic': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: direction,
    readers: { 1: direction },
    result: workflowResult,
    steps: stepNames(directionSaga),
    timeoutMs: 120_000,
  }),
  'unregister-version': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: versionRemoval,
    readers: { 1: versionRemoval },
    result: workflowResult,
    steps: stepNames(versionRemovalSaga),
    timeoutMs: 120_000,
  }),
  'scale-workers': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: scaling,
    readers: { 1: scaling },
    result: workflowResult,
    steps: stepNames(scalingSaga),
    timeoutMs: 600_000,
  }),
  'reconcile-model-servers': describe({
    schemaVersion: 1,
    fieldsSince: {},
    payload: reconciliation,
    readers: { 1: reconciliation },
    result: z.object({ registered: z.number(), removed: z.number() }),
    steps: [
      ...['finish-abandoned-operations', 'retire-versions', 'restore-models'],
      ...['remove-orphans', 'remove-unused-archives', 'observe-models'],
    ],
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

/** The schema version in which a payload of today is written. */
export function schemaVersionOf<Name extends JobName>(name: Name, payload: JobPayload<Name>): number {
  const { fieldsSince }: { fieldsSince: Readonly<Record<string, number>> } = jobCatalogue[name];
  const given = Object.entries(payload).filter(([, value]) => value !== undefined);
  return Math.max(1, ...given.map(([field]) => fieldsSince[field] ?? 1));
}
