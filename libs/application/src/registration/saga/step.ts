import type { JobContext } from '../../ports/job-queue.js';
import type { OperationRun } from '../../ports/workflow-state.js';

/** What a step is given beside what is known. */
export interface StepContext<Ports> {
  readonly ports: Ports;
  readonly run: OperationRun;
  readonly signal: JobContext['signal'];
  /**
   * To be awaited right before an act that the state cannot refuse.
   *
   * @throws TorchweaveError `operationAbandoned` when another run has the operation.
   */
  assertHeld(): Promise<void>;
  /** Passes one of the step's {@link Step.moments}. */
  reach(moment: string): Promise<void>;
}

/** What undoing has had to leave behind so far. */
export interface Leftovers {
  /** Models that may still lie on a model server that did not answer. */
  readonly orphans: readonly string[];
}

/**
 * One step of a saga. A step may be run again by another worker, after one that got anywhere in it.
 *
 * @typeParam Known what it needs of what the steps before it have produced.
 * @typeParam Adds what the steps after it may use.
 * @typeParam Held what an operation that holds its workflow can recall: all that there is to undo by.
 */
export interface Step<Ports, Known, Adds extends object, Held> {
  /** As operations, the board and metrics show it. */
  readonly name: string;
  /** What it does, for people. */
  readonly title: string;
  /** Race points inside the step. */
  readonly moments?: readonly string[];
  /** Nothing is undone once this step has ended; where it depends, by what is held. */
  readonly isFinal?: true | ((held: Held) => boolean);
  readonly run: (context: StepContext<Ports>, known: Known) => Promise<Adds>;
  /** Takes back what the step did, or may have done; again is no error. What is left is for the steps before it to note. */
  readonly undo?: (context: StepContext<Ports>, held: Held, left: Leftovers) => Promise<Leftovers>;
}

/** A step in a list: what it needs is there, for the list was put together by types. */
export type ListedStep<Ports, Held> = Step<Ports, never, object, Held>;

/** Steps in order, each of which finds what those before it have produced. */
export class StepList<Ports, Held, Start, Known> {
  private constructor(readonly steps: readonly ListedStep<Ports, Held>[]) {}

  static from<Ports, Held, Start extends object>(): StepList<Ports, Held, Start, Start> {
    return new StepList([]);
  }

  then<Adds extends object>(step: Step<Ports, Known, Adds, Held>): StepList<Ports, Held, Start, Known & Adds> {
    return new StepList([...this.steps, step]);
  }
}
