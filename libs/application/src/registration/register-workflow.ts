import { defineWorkflow, functionNodes, manifestPath, modelNameOf, modelNodes } from '@torchweave/domain';
import { parseManifest } from '@torchweave/domain';
import { isTorchweaveError, TorchweaveError, toTorchweaveError, versionOf, type ErrorCode } from '@torchweave/domain';
import type { WorkflowDefinition, WorkflowSpec } from '@torchweave/domain';
import type { JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';
import type { JobContext } from '../ports/job-queue.js';
import type { SpecReader } from '../ports/spec-reader.js';
import type { OperationRun, OperationTrace, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import { withModelDigests } from './model-archives.js';
import { registrationOf, type ModelRegistrationPorts } from './model-registration.js';
import { assertHeld, inDoubtWhenLost } from './operation-fence.js';
import { pinnedContent } from './pinned-content.js';
import { proveFunctions, type ProveFunctionsPorts } from './prove-functions.js';
import type { RacePoints } from './race-points.js';
import { registrationFailure, type FailedNodes } from './registration-failure.js';
import { undoRegistration } from './undo-registration.js';
import { usedArchives } from '../workflow-management/used-archives.js';

export interface RegisterWorkflowPorts extends ProveFunctionsPorts, ModelRegistrationPorts {
  readonly specs: SpecReader;
  readonly state: WorkflowState;
  readonly modelServers: ModelServerFleet;
  readonly racePoints: RacePoints;
}

/** Faults of an archive that no parameter of a registration mends; and a store that has room for it packed, and not unpacked. */
const unusable = new Set<ErrorCode>([
  'archiveStoreFull',
  ...(['archiveUnreadable', 'archiveEntryRefused', 'archiveLimitExceeded', 'manifestMissing'] as const),
  ...(['manifestMalformed', 'manifestWithoutWorkflow', 'archiverVersionMissing', 'createdOnMissing'] as const),
  ...(['specFileUndefined', 'specFileMissing', 'specInvalid', 'dagInvalid'] as const),
]);

/** A name that the manifest lacks, or that is none, a registration may give. */
function isUnusable(error: TorchweaveError): boolean {
  if (isTorchweaveError(error, 'manifestFieldInvalid')) return error.data.field !== 'workflow.workflowName';
  return unusable.has(error.code);
}

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
    const { run, isTakenOver, trace } = await this.ports.state.takeUp(job.operationId);
    if (trace.outcome === 'committed') return { workflow: trace.workflow };
    if (trace.outcome === 'released') {
      throw trace.failure
        ? TorchweaveError.fromRecord(trace.failure)
        : new TorchweaveError('operationAbandoned', { operationId: job.operationId, reason: 'the workflow is gone' });
    }
    const held = trace.outcome === 'held' ? heldRecord(trace) : undefined;
    const definition = held?.definition ?? (await this.reserve(payload, job, run));
    const models = modelNodes(definition).map((node) => node.modelName);
    // What the run before has asked of model servers may still arrive.
    if (isTakenOver) await this.ports.state.doubt(models);
    return inDoubtWhenLost(this.ports, run, models, () => {
      if (held?.failure !== undefined) return this.undo(definition, TorchweaveError.fromRecord(held.failure), job, run);
      job.concerns(definition.name);
      return this.finish(definition, job, run);
    });
  }

  private async reserve(payload: Payload, job: JobContext, run: OperationRun): Promise<WorkflowDefinition> {
    const { state, racePoints } = this.ports;
    const digest = await job.step('fetch-archive', () => this.fetch(payload, job.signal));
    await racePoints.reach('archive-fetched');
    const read = await job.step('read-archive', () =>
      this.read(payload, digest, job.operationId).catch(async (error: unknown) => {
        await this.forgetUnusable(digest, error);
        throw error;
      }),
    );
    await racePoints.reach('archive-read');
    const definition = await job.step('fetch-models', () => withModelDigests(this.ports, read, job.signal));
    await job.step('reserve-name', () => state.reserve(definition, run));
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
    if (!isTorchweaveError(thrown) || !isUnusable(thrown)) return;
    const { archives, state, logger } = this.ports;
    try {
      // A workflow may have it from a time of other rules.
      if (!(await usedArchives(state)).mayHave(digest)) await archives.remove(digest);
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

  private async finish(definition: WorkflowDefinition, job: JobContext, run: OperationRun): Promise<Result> {
    const { state, gateways, racePoints, logger } = this.ports;
    const failed = await job.step('register-nodes', () => this.registerNodes(definition, job, run));
    await racePoints.reach('nodes-registered');
    if (failed.length > 0) return this.undo(definition, registrationFailure(definition, failed), job, run);
    const record: WorkflowRecord = await job.step('commit', () => state.activate(versionOf(definition), run));
    await racePoints.reach('committed');
    const late = await job.step('publish', () => gateways.waitFor(record.revision, gateways.leaseMs * 2));
    if (late.length > 0) {
      logger.warn({ workflow: definition.name, gateways: late }, 'gateways have not followed yet; they read on demand');
    }
    return { workflow: definition.name };
  }

  private async registerNodes(
    definition: WorkflowDefinition,
    job: JobContext,
    run: OperationRun,
  ): Promise<FailedNodes[]> {
    const { archives, modelServers, state } = this.ports;
    // It may have been swept before the name was reserved; from then on the record keeps it.
    const { directory } = await archives.open(definition.digest);
    await assertHeld(state, run);
    const models = modelNodes(definition).map((node) => ({
      nodes: [modelNameOf(definition.name, node.name)],
      done: registrationOf(this.ports, node, job.signal).then((model) => modelServers.register(model, job.signal)),
    }));
    const functions = functionNodes(definition).map((node) => node.modelName);
    const toProve = { run, definition, directory };
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

  private async undo(
    definition: WorkflowDefinition,
    failure: TorchweaveError,
    job: JobContext,
    run: OperationRun,
  ): Promise<never> {
    const { gateways, logger } = this.ports;
    await job.step('undo', () => undoRegistration(this.ports, definition, run, failure));
    await gateways.discard(job.operationId).catch((error: unknown) => {
      logger.warn({ workflow: definition.name, err: error }, 'gateways keep for a while what they have prepared');
    });
    throw failure;
  }
}

/** @throws TorchweaveError `workflowUnreadable`. */
function heldRecord(trace: Extract<OperationTrace, { outcome: 'held' }>): WorkflowRecord {
  if ('unreadable' in trace) throw trace.unreadable;
  return trace.record;
}
