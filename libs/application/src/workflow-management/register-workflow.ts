import { defineWorkflow, functionNodes, manifestPath, modelNodes, parseManifest } from '@torchweave/domain';
import { isTorchweaveError, TorchweaveError, toTorchweaveError, type ErrorCode } from '@torchweave/domain';
import type { WorkflowDefinition, WorkflowSpec } from '@torchweave/domain';
import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { ArchiveSource } from '../ports/archive-source.js';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { JobContext } from '../ports/job-queue.js';
import type { SpecReader } from '../ports/spec-reader.js';
import type { WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import { registrationOf } from './model-registration.js';
import { pinnedContent } from './pinned-content.js';
import { proveFunctions, type ProveFunctionsPorts } from './prove-functions.js';
import type { RacePoints } from './race-points.js';
import { registrationFailure, type FailedNodes } from './registration-failure.js';
import { undoRegistration } from './undo-registration.js';
import { usedArchives } from './used-archives.js';

export interface RegisterWorkflowPorts extends ProveFunctionsPorts {
  readonly source: ArchiveSource;
  readonly archives: ArchiveStore;
  readonly specs: SpecReader;
  readonly state: WorkflowState;
  readonly modelServers: ModelServerFleet;
  /** ms that a model may take for one answer, see {@link registrationOf}. */
  readonly responseTimeoutMs: number;
  readonly racePoints: RacePoints;
}

/** Faults of an archive that no parameter of a registration mends; and a store that has room for it packed, and not unpacked. */
const unusable = new Set<ErrorCode>([
  'archiveStoreFull',
  ...(['archiveUnreadable', 'archiveEntryRefused', 'archiveLimitExceeded', 'manifestMissing'] as const),
  ...(['manifestMalformed', 'specFileMissing', 'specInvalid', 'dagInvalid'] as const),
]);

type Payload = JobPayload<'register-workflow'>;
type Result = JobResult<'register-workflow'>;

/**
 * Registers a workflow: fetch, read, reserve the name, register every node, commit, wait for the gateways.
 *
 * Every step can be repeated: a worker that takes the job up after a crash asks the state what the operation has done
 * and goes on from there. A step that fails for good undoes what the operation did and releases the name.
 */
export class RegisterWorkflow {
  constructor(private readonly ports: RegisterWorkflowPorts) {}

  /**
   * @throws TorchweaveError of the archive's fault, `workflowConflict`, `workflowBusy`, `modelNameTaken` or
   * `registrationFailed`; nothing of the registration is left then.
   */
  async execute(payload: Payload, job: JobContext): Promise<Result> {
    const trace = await this.ports.state.trace(job.operationId);
    if (trace.outcome === 'committed') return { workflow: trace.workflow };
    if (trace.outcome === 'released') {
      throw trace.failure
        ? TorchweaveError.fromRecord(trace.failure)
        : new TorchweaveError('operationAbandoned', { operationId: job.operationId, reason: 'the workflow is gone' });
    }
    if (trace.outcome === 'held' && trace.record.failure !== undefined) {
      const failure = TorchweaveError.fromRecord(trace.record.failure);
      return this.undo(trace.record.definition, failure, job);
    }
    const definition = trace.outcome === 'held' ? trace.record.definition : await this.reserve(payload, job);
    job.concerns(definition.name);
    return this.finish(definition, job);
  }

  private async reserve(payload: Payload, job: JobContext): Promise<WorkflowDefinition> {
    const { state, racePoints } = this.ports;
    const digest = await job.step('fetch-archive', () => this.fetch(payload, job.signal));
    await racePoints.reach('archive-fetched');
    const definition = await job.step('read-archive', () =>
      this.read(payload, digest, job.operationId).catch(async (error: unknown) => {
        await this.forgetUnusable(digest, error);
        throw error;
      }),
    );
    await racePoints.reach('archive-read');
    await job.step('reserve-name', () => state.reserve(definition, job.operationId));
    await racePoints.reach('name-reserved');
    return definition;
  }

  private async fetch(payload: Payload, signal: AbortSignal): Promise<string> {
    const { source, archives } = this.ports;
    const { url, sha256 } = payload;
    const content = await source.open(url, signal);
    const { digest } = await archives.put(sha256 === undefined ? content : pinnedContent(content, url, sha256));
    return digest;
  }

  /** What no registration can use is not kept; what another one may use is swept when nobody has for a while. */
  private async forgetUnusable(digest: string, thrown: unknown): Promise<void> {
    if (!isTorchweaveError(thrown) || !unusable.has(thrown.code)) return;
    const { archives, state, logger } = this.ports;
    try {
      // A workflow may have it from a time of other rules.
      if (!(await usedArchives(state)).has(digest)) await archives.remove(digest);
    } catch (error) {
      logger.warn({ digest, err: error }, 'an archive that was refused cannot be removed; it is swept later');
    }
  }

  private async read(payload: Payload, digest: string, operationId: string): Promise<WorkflowDefinition> {
    const archive = await this.ports.archives.open(digest);
    const manifestText = await archive.readText(manifestPath);
    if (manifestText === undefined) throw new TorchweaveError('manifestMissing', {});
    const manifest = parseManifest(manifestText, payload.workflowName);
    const { specFile } = manifest.workflow;
    const specText = await archive.readText(specFile);
    if (specText === undefined) throw new TorchweaveError('specFileMissing', { file: specFile });
    const { workflowName: workflow } = manifest.workflow;
    const spec = await this.readSpec(specText, specFile, { workflow, operationId });
    return defineWorkflow({ url: payload.url, digest, manifest, spec });
  }

  /** What TorchServe ignores without a word is told here: its author may have meant something by it. */
  private async readSpec(text: string, file: string, event: object): Promise<WorkflowSpec> {
    const reading = await this.ports.specs.inspect(text, file);
    const { warnings } = reading;
    if (warnings.length > 0) this.ports.logger.warn({ ...event, warnings }, 'a spec has what is ignored');
    if ('problems' in reading) throw new TorchweaveError('specInvalid', { problems: reading.problems });
    return reading.spec;
  }

  private async finish(definition: WorkflowDefinition, job: JobContext): Promise<Result> {
    const { state, gateways, racePoints, logger } = this.ports;
    const failed = await job.step('register-nodes', () => this.registerNodes(definition, job));
    await racePoints.reach('nodes-registered');
    if (failed.length > 0) return this.undo(definition, registrationFailure(definition, failed), job);
    const record: WorkflowRecord = await job.step('commit', () => state.commit(definition.name, job.operationId));
    await racePoints.reach('committed');
    const late = await job.step('publish', () => gateways.waitFor(record.revision, gateways.leaseMs * 2));
    if (late.length > 0) {
      logger.warn({ workflow: definition.name, gateways: late }, 'gateways have not followed yet; they read on demand');
    }
    return { workflow: definition.name };
  }

  private async registerNodes(definition: WorkflowDefinition, job: JobContext): Promise<FailedNodes[]> {
    const { archives, modelServers, responseTimeoutMs } = this.ports;
    // It may have been swept before the name was reserved; from then on the record keeps it.
    const { directory } = await archives.open(definition.digest);
    const models = modelNodes(definition).map((node) => ({
      nodes: [node.modelName],
      done: modelServers.register(registrationOf(node, responseTimeoutMs), job.signal),
    }));
    const functions = functionNodes(definition).map((node) => node.modelName);
    const toProve = { operationId: job.operationId, definition, directory };
    const proved = functions.length === 0 ? [] : [{ nodes: functions, done: proveFunctions(this.ports, toProve) }];
    const settled = [...models, ...proved].map(async ({ nodes, done }): Promise<FailedNodes[]> => {
      try {
        await done;
        return [];
      } catch (thrown) {
        return [{ nodes, error: toTorchweaveError(thrown) }];
      }
    });
    return (await Promise.all(settled)).flat();
  }

  private async undo(definition: WorkflowDefinition, failure: TorchweaveError, job: JobContext): Promise<never> {
    const { gateways, logger } = this.ports;
    await job.step('undo', () => undoRegistration(this.ports, definition, job.operationId, failure));
    await gateways.discard(job.operationId).catch((error: unknown) => {
      logger.warn({ workflow: definition.name, err: error }, 'gateways keep for a while what they have prepared');
    });
    throw failure;
  }
}
