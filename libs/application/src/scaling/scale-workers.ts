import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { JobContext } from '../ports/job-queue.js';
import { runSaga } from '../registration/saga/run-saga.js';
import type { ScalingPorts } from './held-scaling.js';
import { scalingSaga } from './scaling-saga.js';

/** Scales the workers of model nodes of the version that serves: what a model server refuses is undone on all of them. */
export class ScaleWorkers {
  constructor(private readonly ports: ScalingPorts) {}

  /**
   * @throws TorchweaveError `workflowNotFound`, `workflowBusy`, `nodeNotFound`, `nodeWithoutWorkers`, `scalingFailed`; the workers
   * are as they were then.
   */
  execute(payload: JobPayload<'scale-workers'>, job: JobContext): Promise<JobResult<'scale-workers'>> {
    job.concerns(payload.workflow);
    return runSaga(scalingSaga, this.ports, payload, job);
  }
}
