import { modelNodes, TorchweaveError, type ModelNode } from '@torchweave/domain';
import type { JobResult } from '../job-catalogue/job-catalogue.js';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { JobContext, JobQueue } from '../ports/job-queue.js';
import type { Logger } from '../ports/logger.js';
import type { ModelServer } from '../ports/model-server.js';
import type { OwnedModel, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { registrationOf, type ModelRegistrationPorts } from './model-registration.js';
import { noRacePoints } from './race-points.js';
import { undoRegistration } from './undo-registration.js';
import { usedArchives } from './used-archives.js';

export interface ReconcilePorts extends ModelRegistrationPorts {
  readonly state: WorkflowState;
  readonly modelServers: ModelServerFleet;
  readonly jobs: JobQueue;
  readonly logger: Logger;
}

/** Models registered at once on one server that has lost them. */
const parallelRegistrations = 4;
/** ms that an archive without a workflow is kept: a registration may be on its way to it. */
const archiveGraceMs = 3_600_000;
/** ms between two looks of one worker for archives without a workflow: each reads every workflow. */
const archiveSweepMs = 600_000;

/**
 * Makes the world agree with the state again: workflows whose operation ended without finishing its work, models that a
 * restarted model server has lost, models without a workflow, archives without a workflow.
 */
export class ReconcileModelServers {
  private sweptArchivesAt = -Infinity;

  constructor(private readonly ports: ReconcilePorts) {}

  async execute(job: JobContext): Promise<JobResult<'reconcile-model-servers'>> {
    await job.step('finish-abandoned-operations', () => this.finishAbandonedOperations(job));
    const registered = await job.step('restore-models', () => this.restoreModels(job.signal));
    const removed = await job.step('remove-orphans', () => this.removeOrphans(job.signal));
    await job.step('remove-unused-archives', () => this.removeUnusedArchives());
    return { registered, removed };
  }

  private async finishAbandonedOperations(job: JobContext): Promise<void> {
    for (const { definition, operationId } of await this.ports.state.unfinished()) {
      const operation = await this.ports.jobs.operation(operationId);
      if (operation !== undefined && operation.state !== 'failed' && operation.state !== 'succeeded') continue;
      // Read again now that the operation has ended: it may have finished its work since, and the name be another's.
      const record = await this.ports.state.get(definition.name);
      if (record === undefined || record.operationId !== operationId || record.phase === 'ready') continue;
      this.ports.logger.warn(
        {
          workflow: definition.name,
          phase: record.phase,
          operationId,
          job: job.operationId,
        },
        'finishing an operation that no worker holds any more',
      );
      await this.finish(record);
    }
  }

  private async finish(record: WorkflowRecord): Promise<void> {
    const { definition, operationId } = record;
    if (record.phase === 'unregistering') {
      const orphans = await this.ports.modelServers.unregisterAll(modelNodes(definition).map((node) => node.modelName));
      return this.ports.state.release(definition.name, operationId, orphans);
    }
    const reason = 'its worker died and the job was not taken up again';
    const failure = record.failure
      ? TorchweaveError.fromRecord(record.failure)
      : new TorchweaveError('operationAbandoned', { operationId, reason });
    return undoRegistration({ ...this.ports, racePoints: noRacePoints }, definition, operationId, failure);
  }

  /** Registers what model servers that are up have lost. @returns how many models that were. */
  async restoreModels(signal: AbortSignal): Promise<number> {
    const counts = this.ports.modelServers.servers.map((server) => this.restoreServer(server, signal));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  private async restoreServer(server: ModelServer, signal: AbortSignal): Promise<number> {
    if (!(await server.isHealthy(signal))) return 0;
    const present = new Set(await server.list(signal));
    let restored = 0;
    // By the models' names: nothing is read of a workflow that lacks none.
    for await (const owned of this.ports.state.ownedModels()) {
      const missing = owned.filter(({ model }) => !present.has(model));
      for (let i = 0; i < missing.length; i += parallelRegistrations) {
        const batch = missing.slice(i, i + parallelRegistrations);
        const done = await Promise.all(batch.map((each) => this.restoreMissing(server, each, signal)));
        restored += done.filter(Boolean).length;
        for (const { model } of batch) present.add(model);
      }
    }
    return restored;
  }

  private async restoreMissing(
    server: ModelServer,
    { model, workflow }: OwnedModel,
    signal: AbortSignal,
  ): Promise<boolean> {
    const record = await this.ports.state.get(workflow);
    if (record?.phase !== 'ready') return false;
    const node = modelNodes(record.definition).find(({ modelName }) => modelName === model);
    return node !== undefined && this.restoreModel(server, record, node, signal);
  }

  /** Noted as an orphan first: were the workflow unregistered meanwhile, or this worker killed, the model is removed. */
  private async restoreModel(
    server: ModelServer,
    record: WorkflowRecord,
    node: ModelNode,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { state, logger } = this.ports;
    const event = { endpoint: server.endpoint, workflow: record.definition.name, node: node.name };
    await state.addOrphans([node.modelName]);
    try {
      await server.register(await registrationOf(this.ports, node, signal), signal);
    } catch (error) {
      logger.error({ ...event, err: error }, 'a model that the model server has lost cannot be registered again');
      return false;
    }
    logger.info(event, 'registered a model that the model server had lost');
    return true;
  }

  private async removeOrphans(signal: AbortSignal): Promise<number> {
    const { state, modelServers } = this.ports;
    const { unowned, owned } = await state.claimOrphans();
    const left = new Set(signal.aborted ? unowned : await modelServers.unregisterAll(unowned));
    const gone = unowned.filter((model) => !left.has(model));
    // A workflow that is not ready may be on its way out, and have removed its models before one was registered again.
    const kept = await Promise.all(
      owned.map(async ({ model, workflow }) => ((await state.get(workflow))?.phase === 'ready' ? [model] : [])),
    );
    const settled = [...gone, ...kept.flat()];
    if (settled.length + left.size > 0) await state.settleOrphans(settled, [...left]);
    return gone.length;
  }

  private async removeUnusedArchives(): Promise<void> {
    const { archives, state } = this.ports;
    const now = performance.now();
    if (now - this.sweptArchivesAt < archiveSweepMs) return;
    this.sweptArchivesAt = now;
    const idle = (await archives.list()).filter(({ idleMs }) => idleMs > archiveGraceMs);
    if (idle.length === 0) return;
    const used = await usedArchives(state);
    for (const { digest } of idle) if (!used.has(digest)) await archives.remove(digest);
  }
}
