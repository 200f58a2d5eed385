import type { WorkflowRecord } from '@torchweave/application';
import { phases, TorchweaveError, type ErrorRecord, type Phase, type WorkflowDefinition } from '@torchweave/domain';

/** The schema that this version writes and reads. */
export const schemaVersion = 1;

/** The fields of a workflow's hash, as HGETALL tells them; empty where there is none. */
export type StoredWorkflow = Record<string, string>;

const isPhase = (value: string | undefined): value is Phase => phases.some((phase) => phase === value);

/** The workflow that a script answers: names and values of its hash, one after the other. */
export function readPairs(pairs: readonly string[]): WorkflowRecord {
  const stored: StoredWorkflow = {};
  for (let i = 0; i < pairs.length; i += 2) stored[pairs[i] as string] = pairs[i + 1] as string;
  const record = readWorkflow(stored);
  if (record === undefined) throw new TorchweaveError('internal', { reason: 'a script has answered no workflow' });
  return record;
}

/**
 * @returns undefined where nothing is stored.
 * @throws TorchweaveError `internal` for a record of another schema version.
 */
export function readWorkflow(stored: StoredWorkflow): WorkflowRecord | undefined {
  const { phase, operationId, revision, definition, changedAt, failure } = stored;
  if (phase === undefined) return undefined;
  if (Number(stored['schemaVersion']) !== schemaVersion || !isPhase(phase) || definition === undefined) {
    const reason = `a stored workflow has schema version ${stored['schemaVersion']}, this version reads ${schemaVersion}`;
    throw new TorchweaveError('internal', { reason });
  }
  return {
    schemaVersion,
    phase,
    operationId: operationId ?? '',
    revision: Number(revision),
    definition: JSON.parse(definition) as WorkflowDefinition,
    changedAt: changedAt ?? '',
    ...(failure === undefined ? {} : { failure: JSON.parse(failure) as ErrorRecord }),
  };
}
