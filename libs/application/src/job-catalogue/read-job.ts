import { TorchweaveError } from '@torchweave/domain';
import { jobCatalogue, jobNames, type JobName, type JobPayload } from './job-catalogue.js';

/** What a job in the queue is to this version: a payload of today, or something that only a newer version knows. */
export type StoredJob =
  | { readonly [Name in JobName]: { readonly name: Name; readonly payload: JobPayload<Name> } }[JobName]
  | { readonly newer: string };

/**
 * Reads a job by the version that it was stored in.
 *
 * @throws TorchweaveError `internal` for what is no job of any version.
 */
export function readJob(storedName: string, schemaVersion: unknown, payload: unknown): StoredJob {
  const name = jobNames.find((candidate) => candidate === storedName);
  if (name === undefined) return { newer: `there is no job named ${storedName}` };
  if (typeof schemaVersion !== 'number') throw unreadable(name, 'it has no schema version');
  const { readers, schemaVersion: newest } = jobCatalogue[name];
  if (schemaVersion > newest) return { newer: `it has schema version ${schemaVersion}, this version reads ${newest}` };
  const read = Object.hasOwn(readers, schemaVersion) ? readers[schemaVersion as keyof typeof readers] : undefined;
  if (read === undefined) throw unreadable(name, `there never was a schema version ${schemaVersion}`);
  const lifted = read.safeParse(payload);
  if (!lifted.success) throw unreadable(name, 'its payload is none of its schema version');
  return { name, payload: lifted.data } as StoredJob;
}

const unreadable = (name: JobName, reason: string): TorchweaveError<'internal'> =>
  new TorchweaveError('internal', { reason: `a job ${name} cannot be read: ${reason}` });
