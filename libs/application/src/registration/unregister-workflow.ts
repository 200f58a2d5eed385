import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { JobContext } from '../ports/job-queue.js';
import type { Logger } from '../ports/logger.js';
import type { OperationRun, Removal, WorkflowState } from '../ports/workflow-state.js';
import { assertHeld, inDoubtWhenLost } from './operation-fence.js';
import type { RacePoints } from './race-points.js';

export interface UnregisterWorkflowPorts {
  readonly state: WorkflowState;
  readonly modelServers: ModelServerFleet;
  readonly gateways: GatewayRegistry;
  readonly logger: Logger;
  readonly racePoints: RacePoints;
}

/**
 * Unregisters a workflow: no gateway serves it any more, then its models leave the model servers, then its name is free.
 * Once begun it goes to the end: there is nothing to go back to.
 */
export class UnregisterWorkflow {
  constructor(private readonly ports: UnregisterWorkflowPorts) {}

  /** @throws TorchweaveError `workflowNotFound` or `workflowBusy`; `operationAbandoned` when another run has the operation. */
  async execute(
    payload: JobPayload<'unregister-workflow'>,
    job: JobContext,
  ): Promise<JobResult<'unregister-workflow'>> {
    const { workflow } = payload;
    job.concerns(workflow);
    const { run, isTakenOver, trace } = await this.ports.state.takeUp(job.operationId);
    if (trace.outcome === 'released') return { workflow };
    const removal = await job.step('begin-removal', () => this.ports.state.beginRemoval(workflow, run));
    // Its removals of models may arrive when the name is another workflow's.
    if (isTakenOver) await this.ports.state.doubt(removal.models);
    await this.ports.racePoints.reach('removal-begun');
    const late = await job.step('withdraw', () =>
      this.ports.gateways.waitFor(removal.revision, this.ports.gateways.leaseMs * 2),
    );
    if (late.length > 0) this.ports.logger.warn({ ...payload, gateways: late }, 'gateways have not followed yet');
    await job.step('remove-models', () =>
      inDoubtWhenLost(this.ports, run, removal.models, () => this.removeModels(removal, run)),
    );
    return { workflow };
  }

  private async removeModels({ workflow, models }: Removal, run: OperationRun): Promise<void> {
    const { state, modelServers, racePoints } = this.ports;
    await assertHeld(state, run);
    const orphans = await modelServers.unregisterAll(models);
    await racePoints.reach('models-removed');
    await state.release(workflow, run, models, orphans);
  }
}
