import { isTorchweaveError, TorchweaveError, toTorchweaveError } from '@torchweave/domain';
import type { JobContext } from '../../ports/job-queue.js';
import type { Logger } from '../../ports/logger.js';
import type { OperationRun, WorkflowState } from '../../ports/workflow-state.js';
import { assertHeld, inDoubtWhenLost } from './operation-fence.js';
import type { RacePoints } from './race-points.js';
import { afterStep, undoStep, type Saga } from './saga.js';
import type { ListedStep, StepContext } from './step.js';
import { undoSteps } from './undo-steps.js';

/** What every saga needs of its ports. */
export interface SagaPorts {
  readonly state: WorkflowState;
  readonly logger: Logger;
  readonly racePoints: RacePoints;
}

/**
 * Runs a saga for a job, from where the runs before it have got to. A step that fails for good while the operation holds its
 * workflow has everything undone that can be, in reverse. A run that has lost its operation to another does nothing more, and
 * notes in doubt what it has asked for.
 *
 * @throws the error of the step that failed; `stateUnavailable` where the job is to be tried again; `operationAbandoned` where
 * another run has the operation.
 */
export async function runSaga<Ports extends SagaPorts, Payload extends object, Held extends object>(
  saga: Saga<Ports, Payload, Held>,
  ports: Ports,
  payload: Payload,
  job: JobContext,
): Promise<{ readonly workflow: string }> {
  const { state } = ports;
  const { run, isTakenOver, isCancelled, trace } = await state.takeUp(job.operationId);
  const recalled = saga.recall(trace, job.operationId, payload);
  if (recalled.stage === 'ended') return { workflow: recalled.workflow };
  const cancelled = isCancelled
    ? new TorchweaveError('operationCancelled', { operationId: job.operationId })
    : undefined;
  if (cancelled !== undefined && trace.outcome === 'none') throw cancelled;
  const sagaRun = new SagaRun(saga, ports, job, run);
  const held = recalled.stage === 'held' ? recalled.held : await sagaRun.takeHold(payload);
  const models = saga.modelsOf(held);
  // What the run before has asked of model servers may still arrive.
  if (isTakenOver) await state.doubt(models);
  const workflow = saga.workflowOf(held);
  await inDoubtWhenLost(ports, run, models, () => {
    const failure = recalled.stage === 'held' ? (recalled.failure ?? cancelled) : undefined;
    if (failure !== undefined && saga.beginUndo !== undefined) return sagaRun.undo(held, failure);
    job.concerns(workflow);
    return sagaRun.finish(held);
  });
  return { workflow };
}

/** What the steps of a run are given. */
export function stepContext<Ports extends SagaPorts>(
  ports: Ports,
  run: OperationRun,
  signal: AbortSignal,
): StepContext<Ports> {
  return {
    ...{ ports, run, signal },
    assertHeld: () => assertHeld(ports.state, run),
    reach: (moment) => ports.racePoints.reach(moment),
  };
}

class SagaRun<Ports extends SagaPorts, Payload extends object, Held extends object> {
  private readonly context: StepContext<Ports>;

  constructor(
    private readonly saga: Saga<Ports, Payload, Held>,
    ports: Ports,
    private readonly job: JobContext,
    run: OperationRun,
  ) {
    this.context = stepContext(ports, run, job.signal);
  }

  async takeHold(payload: Payload): Promise<Held> {
    let known: object = payload;
    for (const step of this.saga.toHold.steps) {
      this.assertNotCancelled();
      known = await this.take(step, known).catch((thrown: unknown) => {
        throw this.reasonOf(thrown);
      });
    }
    return known as Held;
  }

  async finish(held: Held): Promise<void> {
    let known: object = held;
    let isRevocable = this.saga.beginUndo !== undefined;
    for (const step of this.saga.whileHeld.steps) {
      try {
        if (isRevocable) this.assertNotCancelled();
        known = await this.take(step, known);
      } catch (thrown) {
        if (!isRevocable || !isForGood(thrown)) throw thrown;
        await this.undo(held, toTorchweaveError(this.reasonOf(thrown)));
      }
      if (step.isFinal === true || step.isFinal?.(held) === true) isRevocable = false;
    }
  }

  /** @throws `failure`, when all is undone. */
  async undo(held: Held, failure: TorchweaveError): Promise<never> {
    await this.job.step(undoStep, () => undoSteps(this.saga, this.context, held, failure));
    throw failure;
  }

  /** That it was cancelled, where it was: whatever its steps say who were stopped in the middle. */
  private reasonOf(thrown: unknown): unknown {
    const reason: unknown = this.job.signal.reason;
    return isForGood(thrown) && isTorchweaveError(reason, 'operationCancelled') ? reason : thrown;
  }

  /** @throws TorchweaveError `operationCancelled`. */
  private assertNotCancelled(): void {
    const reason: unknown = this.job.signal.reason;
    if (isTorchweaveError(reason, 'operationCancelled')) throw reason;
  }

  private async take(step: ListedStep<Ports, Held>, known: object): Promise<object> {
    // The list's types have seen to it that what the step needs is known.
    const added = await this.job.step(step.name, () => step.run(this.context, known as never));
    await this.context.reach(afterStep(step.name));
    return { ...known, ...added };
  }
}

/** Neither a state that is away for a while nor another worker is a reason to undo anything. */
const isForGood = (thrown: unknown): boolean =>
  !isTorchweaveError(thrown, 'stateUnavailable') && !isTorchweaveError(thrown, 'operationAbandoned');
