import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { JobContext } from '../ports/job-queue.js';
import { runSaga } from './saga/run-saga.js';
import { unregistrationSaga, type UnregistrationPorts } from './unregistration-saga.js';

/** Unregisters a workflow. */
export class UnregisterWorkflow {
  constructor(private readonly ports: UnregistrationPorts) {}

  /** @throws TorchweaveError `workflowNotFound` or `workflowBusy`; `operationAbandoned` when another run has the operation. */
  execute(payload: JobPayload<'unregister-workflow'>, job: JobContext): Promise<JobResult<'unregister-workflow'>> {
    job.concerns(payload.workflow);
    return runSaga(unregistrationSaga, this.ports, payload, job);
  }
}
