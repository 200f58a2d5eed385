import { isTorchweaveError, TorchweaveError, versionOf, servedModelsOf, type ErrorRecord } from '@torchweave/domain';
import { hasEnded, type JobContext, type JobQueue } from '../ports/job-queue.js';
import type { WorkflowRecord } from '../ports/workflow-state.js';
import { noRacePoints } from '../registration/saga/race-points.js';
import { stepContext } from '../registration/saga/run-saga.js';
import type { StepContext } from '../registration/saga/step.js';
import { undoSteps } from '../registration/saga/undo-steps.js';
import { heldScaling, nodesOf, type ScalingPorts } from '../scaling/held-scaling.js';
import { scalingSaga } from '../scaling/scaling-saga.js';
import { orderOf } from './update-order.js';
import { updateSaga, type UpdatePorts } from './update-saga.js';
import { removeVersionModels } from './version-removal-saga.js';

type Ports = Omit<UpdatePorts & ScalingPorts, 'racePoints'> & { readonly jobs: JobQueue };

/** Ends what operations have left of versions whose job has ended without. */
export class UnfinishedVersions {
  /** Those that cannot be read, and why, as last told. */
  private told = new Map<string, string>();

  constructor(private readonly ports: Ports) {}

  async finish(job: JobContext): Promise<void> {
    const { versions, jobs, logger } = this.ports;
    const { records, unreadable } = await versions.unfinished();
    const told = new Map(unreadable.map(({ data }) => [data.workflow, data.reason]));
    for (const [version, reason] of told) {
      if (this.told.get(version) !== reason) logger.error({ version, reason }, 'an unfinished version cannot be read');
    }
    this.told = told;
    for (const { record, updating } of records) {
      // One that is watched or scaled stands in the workflow's own record, which names the operation that brought it.
      const operationId = record.phase === 'ready' ? updating : record.operationId;
      if (operationId === undefined) continue;
      const operation = await jobs.operation(operationId);
      if (!hasEnded(operation)) continue;
      const event = { ...versionOf(record.definition), phase: record.phase, operationId, job: job.operationId };
      logger.warn(event, 'finishing an operation that no worker holds any more');
      await this.end(record, operationId, job.signal).catch((error: unknown) => {
        if (!isTorchweaveError(error, 'operationAbandoned')) throw error;
        logger.warn({ ...event, err: error }, 'somebody else finishes it');
      });
    }
  }

  /** A run of the operation like any other: one that stood still while its job was given up changes nothing after this. */
  private async end(record: WorkflowRecord, operationId: string, signal: AbortSignal): Promise<void> {
    const { state, versions } = this.ports;
    const { definition, revision } = record;
    const { run } = await state.takeUp(operationId);
    const served = versionOf(definition);
    const context = stepContext({ ...this.ports, racePoints: noRacePoints }, run, signal);
    if (record.scaling !== undefined) return this.endScaling(context, record);
    if (record.phase === 'ready') return versions.endWatch(served, run);
    const models = servedModelsOf(definition);
    await state.doubt(models);
    if (record.phase === 'unregistering') {
      await removeVersionModels.run(context, { ...served, revision, models });
      return;
    }
    const failure = failureOf(record.failure, operationId);
    await undoSteps(updateSaga, context, { definition, served, order: orderOf({}) }, failure);
  }

  /** The workers are put back as they were. */
  private async endScaling(context: StepContext<ScalingPorts>, record: WorkflowRecord): Promise<void> {
    const { operationId } = context.run;
    const held = heldScaling(record, operationId);
    await this.ports.state.doubt(nodesOf(held).map(({ modelName }) => modelName));
    await undoSteps(scalingSaga, context, held, failureOf(record.scaling?.failure, operationId));
  }
}

function failureOf(record: ErrorRecord | undefined, operationId: string): TorchweaveError {
  if (record !== undefined) return TorchweaveError.fromRecord(record);
  const reason = 'its worker died and the job was not taken up again';
  return new TorchweaveError('operationAbandoned', { operationId, reason });
}
