import {
  isTorchweaveError,
  modelNodes,
  TorchweaveError,
  versionOf,
  type ModelNode,
  servedModelsOf,
} from '@torchweave/domain';
import type { JobResult } from '../job-catalogue/job-catalogue.js';
import { hasEnded, type JobContext, type JobQueue } from '../ports/job-queue.js';
import type { ManagedModelServer } from '../ports/model-server.js';
import type { OwnedModel, UnreadableWorkflow, WorkflowRecord } from '../ports/workflow-state.js';
import type { WorkflowScaling } from '../ports/workflow-scaling.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { registrationOf } from '../registration/model-registration.js';
import { registrationSaga, type RegistrationPorts } from '../registration/registration-saga.js';
import { noRacePoints } from '../registration/saga/race-points.js';
import { stepContext } from '../registration/saga/run-saga.js';
import { undoSteps } from '../registration/saga/undo-steps.js';
import { removeModels } from '../registration/steps/remove-models.js';
import { retireVersions } from '../versions/retire-versions.js';
import { UnfinishedVersions } from '../versions/unfinished-versions.js';
import { ObserveModels, type ObserveModelsPorts } from './observe-models.js';
import { readable, readableOf } from './record-pages.js';
import { usedArchives } from './used-archives.js';

/** What a registration needs that is to be undone, too. */
export interface ReconcilePorts extends Omit<RegistrationPorts, 'racePoints'>, ObserveModelsPorts {
  readonly jobs: JobQueue;
  readonly versions: WorkflowVersions;
  readonly scaling: WorkflowScaling;
}

/** A model that a ready workflow wants. */
interface WantedModel {
  readonly record: WorkflowRecord;
  readonly node: ModelNode;
}

/** ms that the removal of a model that could not be restored may take. */
const removalTimeoutMs = 10_000;
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
  /** Unfinished workflows that cannot be read, and why, as last told. */
  private unreadable: ReadonlyMap<string, string> = new Map();

  private readonly unfinishedVersions: UnfinishedVersions;
  private readonly observed: ObserveModels;

  constructor(private readonly ports: ReconcilePorts) {
    this.unfinishedVersions = new UnfinishedVersions(ports);
    this.observed = new ObserveModels(ports);
  }

  async execute(job: JobContext): Promise<JobResult<'reconcile-model-servers'>> {
    await job.step('finish-abandoned-operations', async () => {
      await this.finishAbandonedOperations(job);
      await this.unfinishedVersions.finish(job);
    });
    await job.step('retire-versions', () => retireVersions(this.ports, job.signal));
    const registered = await job.step('restore-models', () => this.restoreModels(job.signal));
    const removed = await job.step('remove-orphans', () => this.removeOrphans(job.signal));
    await job.step('remove-unused-archives', () => this.removeUnusedArchives());
    await job.step('observe-models', () => this.observed.look(job.signal));
    return { registered, removed };
  }

  private async finishAbandonedOperations(job: JobContext): Promise<void> {
    const { state, jobs, logger } = this.ports;
    const { records, unreadable } = await state.unfinished();
    this.tellUnreadable(unreadable);
    for (const { definition, operationId } of records) {
      const operation = await jobs.operation(operationId);
      if (!hasEnded(operation)) continue;
      // Read again now that the operation has ended: it may have finished its work since, and the name be another's.
      const record = await readableOf(state, definition.name);
      if (record === undefined || record === 'unreadable') continue;
      if (record.operationId !== operationId || record.phase === 'ready') continue;
      const event = { workflow: definition.name, phase: record.phase, operationId, job: job.operationId };
      logger.warn(event, 'finishing an operation that no worker holds any more');
      await this.finish(record, job.signal).catch((error: unknown) => {
        if (!isTorchweaveError(error, 'operationAbandoned')) throw error;
        logger.warn({ ...event, err: error }, 'somebody else finishes it');
      });
    }
  }

  /** A run of the operation like any other: one that stood still while its job was given up changes nothing after this. */
  private async finish(record: WorkflowRecord, signal: AbortSignal): Promise<void> {
    const { state } = this.ports;
    const { definition, operationId } = record;
    const { run } = await state.takeUp(operationId);
    await state.doubt(servedModelsOf(definition));
    const context = stepContext({ ...this.ports, racePoints: noRacePoints }, run, signal);
    if (record.phase === 'unregistering') {
      // Begun again: its versions go with it.
      await removeModels.run(context, await state.beginRemoval(definition.name, run));
      return;
    }
    const reason = 'its worker died and the job was not taken up again';
    const failure = record.failure
      ? TorchweaveError.fromRecord(record.failure)
      : new TorchweaveError('operationAbandoned', { operationId, reason });
    return undoSteps(registrationSaga, context, { definition }, failure);
  }

  /** Once for each: reconcile looks every few seconds. */
  private tellUnreadable(unreadable: readonly UnreadableWorkflow[]): void {
    const told = new Map(unreadable.map((error) => [error.data.workflow, error.data.reason]));
    for (const [workflow, reason] of told) {
      if (this.unreadable.get(workflow) === reason) continue;
      this.ports.logger.error({ workflow, reason }, 'an unfinished workflow cannot be read; unregister it');
    }
    this.unreadable = told;
  }

  /** Registers what model servers that are up have lost. @returns how many models that were. */
  async restoreModels(signal: AbortSignal): Promise<number> {
    const counts = this.ports.modelServers.managed.map((server) => this.restoreServer(server, signal));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  private async restoreServer(server: ManagedModelServer, signal: AbortSignal): Promise<number> {
    if (!(await server.inference.isHealthy(signal))) return 0;
    const present = new Set(await server.repository.list(signal));
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

  private async restoreMissing(server: ManagedModelServer, owned: OwnedModel, signal: AbortSignal): Promise<boolean> {
    const wanted = await this.readyNode(owned);
    return wanted !== undefined && this.restoreModel(server, wanted, signal);
  }

  /** The node of a version that is ready which has the model. While its workers are changed, nobody else touches it. */
  private async readyNode({ model, workflow, version }: OwnedModel): Promise<WantedModel | undefined> {
    const record = await readable(() => this.ports.versions.get({ workflow, version }));
    if (record === undefined || record === 'unreadable' || record.phase !== 'ready') return undefined;
    const node = modelNodes(record.definition).find(({ modelName }) => modelName === model);
    if (node === undefined || record.scaling?.nodes.includes(node.name) === true) return undefined;
    return { record, node };
  }

  /** Noted as an orphan first: were the workflow unregistered meanwhile, or this worker killed, the model is removed. */
  private async restoreModel(
    server: ManagedModelServer,
    { record, node }: WantedModel,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { state, logger } = this.ports;
    const event = { endpoint: server.endpoint, workflow: record.definition.name, node: node.name };
    await state.addOrphans([node.modelName]);
    try {
      await server.repository.register(await registrationOf(this.ports, node, signal), signal);
    } catch (error) {
      logger.error({ ...event, err: error }, 'a model that the model server has lost cannot be registered again');
      // Half of it would count as there, and never be tried again.
      await this.removeIfWanted(server, { record, node });
      return false;
    } finally {
      // This worker may have stood still, and the orphan been settled before the model was there.
      if (!(await this.isStillWanted({ record, node }))) await state.doubt([node.modelName]);
    }
    logger.info(event, 'registered a model that the model server had lost');
    return true;
  }

  private async isStillWanted({ record, node }: WantedModel): Promise<boolean> {
    const now = await this.readyNode({ model: node.modelName, ...versionOf(record.definition) });
    const hasItsWorkers = now?.node.minWorkers === node.minWorkers && now.node.maxWorkers === node.maxWorkers;
    return hasItsWorkers && now.record.operationId === record.operationId;
  }

  /** Only where it is still the one that was asked for: else it is somebody's who knows better. */
  private async removeIfWanted(server: ManagedModelServer, wanted: WantedModel): Promise<void> {
    if (!(await this.isStillWanted(wanted))) return;
    const model = wanted.node.modelName;
    await server.repository.unregister(model, AbortSignal.timeout(removalTimeoutMs)).catch((error: unknown) => {
      this.ports.logger.warn({ model, err: error }, 'what could not be restored cannot be removed either');
    });
  }

  private async removeOrphans(signal: AbortSignal): Promise<number> {
    const { state, modelServers } = this.ports;
    const { token, unowned, owned } = await state.claimOrphans(await this.presentModels(signal));
    const left = new Set(signal.aborted ? unowned : await modelServers.unregisterAll(unowned));
    const gone = unowned.filter((model) => !left.has(model));
    const kept: string[] = [];
    for (let i = 0; i < owned.length; i += parallelRegistrations) {
      const batch = owned.slice(i, i + parallelRegistrations);
      const asWanted = await Promise.all(batch.map((each) => this.isAsWanted(each, signal)));
      kept.push(...batch.filter((_, index) => asWanted[index]).map(({ model }) => model));
    }
    if (unowned.length + kept.length > 0) await state.settleOrphans({ token, kept, gone, left: [...left] });
    return gone.length;
  }

  /** All models on all model servers; undefined where one does not answer. */
  private async presentModels(signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    try {
      const lists = await Promise.all(this.ports.modelServers.managed.map(({ repository }) => repository.list(signal)));
      return new Set(lists.flat());
    } catch {
      return undefined;
    }
  }

  /**
   * Whether an owned model lies on every model server as its workflow wants it; a run that has lost its operation may have
   * removed it, or put another one there. A workflow that is not ready may be on its way out, and have removed its models
   * before one was registered again.
   */
  private async isAsWanted(owned: OwnedModel, signal: AbortSignal): Promise<boolean> {
    const wanted = await this.readyNode(owned);
    if (wanted === undefined || signal.aborted) return false;
    try {
      await this.ports.modelServers.register(await registrationOf(this.ports, wanted.node, signal), signal);
    } catch (error) {
      this.ports.logger.warn(
        { ...owned, err: error },
        'a model in doubt cannot be registered again; it is tried again',
      );
      return false;
    }
    return this.isStillWanted(wanted);
  }

  private async removeUnusedArchives(): Promise<void> {
    const { archives, state, versions } = this.ports;
    const now = performance.now();
    if (now - this.sweptArchivesAt < archiveSweepMs) return;
    this.sweptArchivesAt = now;
    const idle = (await archives.list()).filter(({ idleMs }) => idleMs > archiveGraceMs);
    if (idle.length === 0) return;
    const used = await usedArchives(state, versions);
    for (const { digest } of idle) if (!used.mayHave(digest)) await archives.remove(digest);
  }
}
