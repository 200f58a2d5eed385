import { TorchweaveError } from '@torchweave/domain';
import type { OperationTrace, WorkflowRecord } from '../../ports/workflow-state.js';
import type { ListedStep, StepContext, StepList } from './step.js';

/** What an operation has done already, as the state recalls it. */
export type Recalled<Held> =
  | { readonly stage: 'nothing' }
  | { readonly stage: 'ended'; readonly workflow: string }
  /** With `failure`, it is being undone. */
  | { readonly stage: 'held'; readonly held: Held; readonly failure?: TorchweaveError };

/**
 * A long operation on one workflow, as data: what it does is two lists of steps. The first ends with a step after which the
 * operation holds the workflow; until then it leaves nothing. From there on it can be recalled from the state alone: a worker
 * that takes it over begins with the second list.
 */
export interface Saga<Ports, Payload, Held> {
  readonly toHold: StepList<Ports, Held, Payload, Held>;
  readonly whileHeld: StepList<Ports, Held, Held, Held>;
  /** @throws the error that the operation has failed with. */
  readonly recall: (trace: OperationTrace, operationId: string, payload: Payload) => Recalled<Held>;
  readonly workflowOf: (held: Held) => string;
  /** The models that its steps put on model servers or take away. */
  readonly modelsOf: (held: Held) => readonly string[];
  /**
   * Notes that from now on it is undone, and why; again is no error. Absent where there is nothing to go back to: what has begun
   * goes to the end.
   */
  readonly beginUndo?: (context: StepContext<Ports>, held: Held, failure: TorchweaveError) => Promise<void>;
}

/** A saga of whatever types, for those that look at its list. */
export interface ListedSaga {
  readonly toHold: { readonly steps: readonly ListedStep<never, never>[] };
  readonly whileHeld: { readonly steps: readonly ListedStep<never, never>[] };
  readonly beginUndo?: unknown;
}

/** Of an operation that is one act: it has been done, or not. */
export const recallCommitted = (trace: OperationTrace): Recalled<never> =>
  trace.outcome === 'committed' ? { stage: 'ended', workflow: trace.workflow } : { stage: 'nothing' };

/** Of a removal: begun again, it is the same one. */
export const recallReleased = (trace: OperationTrace): Recalled<never> =>
  trace.outcome === 'released' ? { stage: 'ended', workflow: trace.workflow } : { stage: 'nothing' };

/**
 * Of an operation that holds what the state has a record of.
 *
 * @throws the error that the operation has failed with.
 */
export function recallRecord(trace: OperationTrace, operationId: string): Recalled<WorkflowRecord> {
  if (trace.outcome === 'none') return { stage: 'nothing' };
  if (trace.outcome === 'committed') return { stage: 'ended', workflow: trace.workflow };
  if (trace.outcome === 'released') {
    if (trace.failure) throw TorchweaveError.fromRecord(trace.failure);
    throw new TorchweaveError('operationAbandoned', { operationId, reason: 'the workflow is gone' });
  }
  if ('unreadable' in trace) throw trace.unreadable;
  const { failure } = trace.record;
  const undone = failure === undefined ? {} : { failure: TorchweaveError.fromRecord(failure) };
  return { stage: 'held', held: trace.record, ...undone };
}

/** The step that operations show while they are undone. */
export const undoStep = 'undo';
export const undoBegun = 'undo-begun';
export const afterStep = (name: string): string => `after-${name}`;
export const afterUndoOf = (name: string): string => `after-undo-of-${name}`;

const stepsOf = (saga: ListedSaga): readonly ListedStep<never, never>[] => [
  ...saga.toHold.steps,
  ...saga.whileHeld.steps,
];

/** The steps of a run in which nothing fails, in order. */
export const stepNames = (saga: ListedSaga): readonly string[] => stepsOf(saga).map(({ name }) => name);

/** The race points of a run in which nothing fails, in order. */
export const racePointsOf = (saga: ListedSaga): readonly string[] =>
  stepsOf(saga).flatMap(({ name, moments = [] }) => [...moments, afterStep(name)]);

/** The race points of the undoing, in order. */
export function undoPointsOf(saga: ListedSaga): readonly string[] {
  if (saga.beginUndo === undefined) return [];
  const undone = stepsOf(saga).filter(({ undo }) => undo !== undefined);
  return [undoBegun, ...undone.map(({ name }) => afterUndoOf(name)).reverse()];
}
