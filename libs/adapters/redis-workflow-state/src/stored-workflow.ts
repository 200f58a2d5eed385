import type { Scaling, UnreadableWorkflow, WatchedVersion, WorkflowRecord } from '@torchweave/application';
import {
  parseVersionId,
  phases,
  TorchweaveError,
  trafficFault,
  type ErrorRecord,
  type Phase,
  type Traffic,
  type WorkflowDefinition,
} from '@torchweave/domain';
import { readDefinition } from './stored-definition.js';

/** The fields of a workflow's hash, as HGETALL tells them; empty where there is none. */
export type StoredWorkflow = Record<string, string>;

/** Characters of a stored value that a reason quotes. */
const quotedCharacters = 40;

const isPhase = (value: string | undefined): value is Phase => phases.some((phase) => phase === value);

/** Names and values of a hash, one after the other, as scripts answer them. */
export function storedOf(pairs: readonly string[]): StoredWorkflow {
  const stored: StoredWorkflow = {};
  for (let i = 0; i < pairs.length; i += 2) stored[pairs[i] as string] = pairs[i + 1] as string;
  return stored;
}

type Reader = (workflow: string, stored: StoredWorkflow) => WorkflowRecord;

/** Reads what a schema version stores and lifts it to today's; every version that was ever written has one. */
const readers: Readonly<Record<string, Reader>> = {
  // Written by 0.1.0 and by this version. 0.1.0 knows no versions of workflows: what it has written is version 1.
  1: readSchema1,
};
const newestSchema = Math.max(...Object.keys(readers).map(Number));

/** @throws TorchweaveError `workflowUnreadable`, with what is wrong with the first field that is. */
export function readWorkflow(workflow: string, stored: StoredWorkflow): WorkflowRecord {
  const { schemaVersion: found } = stored;
  const reader = found !== undefined && Object.hasOwn(readers, found) ? readers[found] : undefined;
  if (reader !== undefined) return reader(workflow, stored);
  const has = found === undefined ? 'no schema version' : `schema version ${quoted(found)}`;
  throw unreadable(workflow, `it has ${has}, this version reads ${newestSchema}`);
}

function readSchema1(workflow: string, stored: StoredWorkflow): WorkflowRecord {
  const { phase, operationId, revision, changedAt, failure } = stored;
  if (!isPhase(phase)) throw unreadable(workflow, 'its phase is none');
  if (operationId === undefined || changedAt === undefined) throw unreadable(workflow, 'fields are missing');
  if (!isCount(revision)) throw unreadable(workflow, 'its revision is not a number');
  const definition = definitionIn(workflow, stored['definition']);
  return {
    schemaVersion: 1,
    phase,
    ...pointersIn(workflow, stored, definition),
    operationId,
    revision: Number(revision),
    definition,
    changedAt,
    ...(failure === undefined ? {} : { failure: readFailure(workflow, failure) }),
    ...scalingIn(workflow, stored),
  };
}

/** A change of workers that is under way. */
function scalingIn(
  workflow: string,
  { scaling: text, scalingFailure: failure }: StoredWorkflow,
): Pick<WorkflowRecord, 'scaling'> {
  if (text === undefined) return {};
  const scaling = parse(text);
  if (!isScaling(scaling)) throw unreadable(workflow, 'the change of its workers is none');
  return { scaling: failure === undefined ? scaling : { ...scaling, failure: readFailure(workflow, failure) } };
}

function isScaling(value: unknown): value is Scaling {
  if (typeof value !== 'object' || value === null) return false;
  const { operationId, nodes, workers } = value as Record<string, unknown>;
  if (typeof operationId !== 'string' || typeof workers !== 'object' || workers === null) return false;
  const { minWorkers, maxWorkers } = workers as Record<string, unknown>;
  const isNames = Array.isArray(nodes) && nodes.every((node) => typeof node === 'string');
  return isNames && typeof minWorkers === 'number' && typeof maxWorkers === 'number';
}

export function unreadable(workflow: string, reason: string): UnreadableWorkflow {
  return new TorchweaveError('workflowUnreadable', { workflow, reason });
}

const isCount = (text: string | undefined): boolean => text !== undefined && /^\d{1,15}$/.test(text);

const quoted = (text: string): string => JSON.stringify(text.slice(0, quotedCharacters));

/** What 0.1.0 has committed has no pointer: it is its only version. */
function pointersIn(
  workflow: string,
  { phase, active, traffic, watched }: StoredWorkflow,
  { version }: WorkflowDefinition,
): Pick<WorkflowRecord, 'pointers'> {
  if (active === undefined) return phase === 'ready' ? { pointers: { active: version } } : {};
  if (active !== String(version)) throw unreadable(workflow, 'its active version is not stored');
  return {
    pointers: {
      active: version,
      ...(traffic === undefined ? {} : { traffic: readTraffic(workflow, traffic) }),
      ...(watched === undefined ? {} : { watched: readWatched(workflow, watched) }),
    },
  };
}

function readTraffic(workflow: string, text: string): Traffic {
  const traffic = parse(text);
  if (!isTraffic(traffic) || trafficFault(traffic) !== undefined) throw unreadable(workflow, 'its traffic is not one');
  return traffic;
}

function isTraffic(value: unknown): value is Traffic {
  if (typeof value !== 'object' || value === null || !('weights' in value)) return false;
  const { weights, stickyBy = '', shadow = {}, compare = false } = value as Record<string, unknown>;
  return isShares(weights) && typeof stickyBy === 'string' && isShares(shadow) && typeof compare === 'boolean';
}

const isShares = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(([version, share]) => isCount(version) && typeof share === 'number');

function readWatched(workflow: string, text: string): WatchedVersion {
  const [version, before, until, ...more] = text.split(' ').map(Number);
  if (version === undefined || before === undefined || until === undefined || more.length > 0 || Number.isNaN(until))
    throw unreadable(workflow, 'what is watched of it is not a version');
  return { version, before, until };
}

/** @throws TorchweaveError `workflowUnreadable`. */
export function definitionIn(workflow: string, text: string | undefined): WorkflowDefinition {
  const definition = readDefinition(parse(text));
  if (definition === undefined) throw unreadable(workflow, 'its definition is not one');
  if (definition.name !== parseVersionId(workflow).workflow)
    throw unreadable(workflow, 'its definition is of another workflow');
  return definition;
}

function readFailure(workflow: string, text: string): ErrorRecord {
  const record = parse(text) as ErrorRecord;
  try {
    return TorchweaveError.fromRecord(record).toRecord();
  } catch {
    throw unreadable(workflow, 'why it is undone is not an error of this version');
  }
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
