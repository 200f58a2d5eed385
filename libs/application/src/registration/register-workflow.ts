import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { JobContext } from '../ports/job-queue.js';
import { registrationSaga, type RegistrationPorts } from './registration-saga.js';
import { runSaga } from './saga/run-saga.js';

/**
 * Registers a workflow: fetch, read, reserve the name, register every node, commit, wait for the gateways.
 *
 * Every step can be repeated: a worker that takes the job up after a crash asks the state what the operation has done
 * and goes on from there. A step that fails for good undoes what the operation did and releases the name.
 */
export class RegisterWorkflow {
  constructor(private readonly ports: RegistrationPorts) {}

  /**
   * @throws TorchweaveError of the archive's fault, `workflowConflict`, `workflowBusy`, `modelNameTaken` or
   * `registrationFailed`; nothing of the registration is left then.
   */
  execute(payload: JobPayload<'register-workflow'>, job: JobContext): Promise<JobResult<'register-workflow'>> {
    return runSaga(registrationSaga, this.ports, payload, job);
  }
}
