import { modelNodes, TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { JobContext } from '../ports/job-queue.js';
import type { Logger } from '../ports/logger.js';
import type { WorkflowState } from '../ports/workflow-state.js';
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

  /** @throws TorchweaveError `workflowNotFound` or `workflowBusy`. */
  async execute(
    payload: JobPayload<'unregister-workflow'>,
    job: JobContext,
  ): Promise<JobResult<'unregister-workflow'>> {
    job.concerns(payload.workflow);
    const trace = await this.ports.state.trace(job.operationId);
    if (trace.outcome === 'released') return { workflow: payload.workflow };
    const record = await job.step('begin-removal', () =>
      this.ports.state.beginRemoval(payload.workflow, job.operationId),
    );
    await this.ports.racePoints.reach('removal-begun');
    const late = await job.step('withdraw', () =>
      this.ports.gateways.waitFor(record.revision, this.ports.gateways.leaseMs * 2),
    );
    if (late.length > 0) this.ports.logger.warn({ ...payload, gateways: late }, 'gateways have not followed yet');
    await job.step('remove-models', () => this.removeModels(record.definition, job));
    return { workflow: payload.workflow };
  }

  private async removeModels(definition: WorkflowDefinition, job: JobContext): Promise<void> {
    const models = modelNodes(definition).map((node) => node.modelName);
    const orphans = await this.ports.modelServers.unregisterAll(models);
    await this.ports.racePoints.reach('models-removed');
    if (job.signal.aborted) throw new TorchweaveError('operationAbandoned', abandoned(job.operationId));
    await this.ports.state.release(definition.name, job.operationId, orphans);
  }
}

const abandoned = (operationId: string): { operationId: string; reason: string } => ({
  operationId,
  reason: 'the worker lost the job',
});
