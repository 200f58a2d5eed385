import {
  nodesToScale,
  TorchweaveError,
  trafficFault,
  versionsBesideActive,
  versionsIn,
  type Traffic,
  type WorkflowVersion,
} from '@torchweave/domain';
import type { PromotionPayload, ScalingPayload, UpdatePayload } from '../job-catalogue/payloads.js';
import type { JobQueue } from '../ports/job-queue.js';
import type { VersionsOfWorkflow, WorkflowVersions } from '../ports/workflow-versions.js';
import {
  freshId,
  submit,
  type Identify,
  type Submission,
  type SubmissionOptions,
} from '../workflow-management/submit.js';
import type { ArchiveUpload, StoredUpload, WorkflowManagement } from '../workflow-management/workflow-management.js';

export interface VersionManagementPorts {
  readonly versions: WorkflowVersions;
  readonly jobs: JobQueue;
  /** For workflows that an update is to make, and for what clients send. */
  readonly workflows: WorkflowManagement;
}

/** What an update is told beside where its archive is. */
export interface UpdateOptions extends Omit<UpdatePayload, 'workflow' | 'url' | 'uploaded'> {
  readonly synchronous: boolean;
  /** A workflow that is not there is registered. */
  readonly create: boolean;
}

/** What a change has made of a workflow. */
export interface ChangedVersions {
  /** The version that the operation has made, where it is known. */
  readonly version?: number;
  readonly active: number;
}

/** The use cases of versions of the management API: leaves work in the queue, waits for it, reads the state. */
export class VersionManagement {
  constructor(
    private readonly ports: VersionManagementPorts,
    /** ms that a synchronous request waits for its operation. */
    private readonly waitMs: number,
  ) {}

  /**
   * Makes the next version of a workflow.
   *
   * @param archive a URL, or the archive itself.
   * @throws TorchweaveError `workflowNotFound` and `workflowBusy`, at once; what the update failed with, when `synchronous`.
   */
  async update(
    workflow: string,
    archive: string | ArchiveUpload | StoredUpload,
    { synchronous, create, ...order }: UpdateOptions,
    identify: Identify = freshId,
  ): Promise<Submission> {
    const { versions, jobs, workflows } = this.ports;
    const known = await versions.list(workflow);
    if (known === undefined) {
      if (!create) throw new TorchweaveError('workflowNotFound', { workflow });
      const named = { workflowName: workflow, sha256: order.sha256 };
      return typeof archive === 'string'
        ? workflows.register({ url: archive, ...named }, synchronous, identify)
        : workflows.registerUpload(archive, named, synchronous, identify);
    }
    assertIdle(workflow, known);
    const given = typeof archive === 'string' ? { url: archive } : await workflows.receive(archive, order.sha256);
    const { waitMs } = this;
    return submit(jobs, 'register-version', { workflow, ...given, ...order }, { synchronous, waitMs, identify });
  }

  /** @throws TorchweaveError `workflowNotFound`, `versionNotFound` and `workflowBusy`, at once. */
  async setDefault(
    { workflow, version, keep }: PromotionPayload,
    synchronous: boolean,
    identify?: Identify,
  ): Promise<Submission> {
    const known = await this.list(workflow);
    assertIdle(workflow, known);
    assertKnown({ workflow, version }, known);
    const payload = { workflow, version, ...(keep === undefined ? {} : { keep }) };
    return submit(this.ports.jobs, 'set-default-version', payload, this.options(synchronous, identify));
  }

  /**
   * Shares the requests of a workflow out among its versions, and copies.
   *
   * @throws TorchweaveError `trafficInvalid`, `workflowNotFound`, `versionNotFound`, `versionServes` and `workflowBusy`, at once.
   */
  async direct(workflow: string, traffic: Traffic, synchronous: boolean, identify?: Identify): Promise<Submission> {
    const reason = trafficFault(traffic);
    if (reason !== undefined) throw new TorchweaveError('trafficInvalid', { workflow, reason });
    const known = await this.list(workflow);
    assertIdle(workflow, known);
    const there = new Set(
      [known.active, ...known.beside.map(({ record }) => record)].map((each) => each.definition.version),
    );
    for (const version of versionsIn(traffic)) {
      if (!there.has(version)) throw new TorchweaveError('versionNotFound', { workflow, version });
    }
    const active = known.active.definition.version;
    if (versionsBesideActive(traffic).includes(active))
      throw new TorchweaveError('versionServes', { workflow, version: active });
    return submit(this.ports.jobs, 'direct-traffic', { workflow, traffic }, this.options(synchronous, identify));
  }

  /** @throws TorchweaveError `workflowNotFound`, `versionNotFound`, `versionServes` and `workflowBusy`, at once. */
  async unregister(version: WorkflowVersion, synchronous: boolean, identify?: Identify): Promise<Submission> {
    const known = await this.list(version.workflow);
    assertIdle(version.workflow, known);
    assertKnown(version, known);
    if (known.active.definition.version === version.version) throw new TorchweaveError('versionServes', { ...version });
    return submit(this.ports.jobs, 'unregister-version', { ...version }, this.options(synchronous, identify));
  }

  /**
   * Scales the workers of a model node of the active version, or of all.
   *
   * @throws TorchweaveError `workflowNotFound`, `nodeNotFound`, `nodeWithoutWorkers` and `workflowBusy`, at once.
   */
  async scale(payload: ScalingPayload, synchronous: boolean, identify?: Identify): Promise<Submission> {
    const { workflow, node } = payload;
    const known = await this.list(workflow);
    nodesToScale(known.active.definition, node);
    assertIdle(workflow, known);
    return submit(this.ports.jobs, 'scale-workers', payload, this.options(synchronous, identify));
  }

  private options(synchronous: boolean, identify: Identify = freshId): SubmissionOptions {
    return { synchronous, identify, waitMs: this.waitMs };
  }

  /** @throws TorchweaveError `workflowNotFound`. */
  async list(workflow: string): Promise<VersionsOfWorkflow> {
    const known = await this.ports.versions.list(workflow);
    if (known === undefined) throw new TorchweaveError('workflowNotFound', { workflow });
    return known;
  }

  /**
   * What an operation that has ended has made.
   *
   * @returns undefined where somebody has unregistered the workflow since.
   */
  async changedBy(workflow: string, operationId: string): Promise<ChangedVersions | undefined> {
    const known = await this.ports.versions.list(workflow);
    if (known === undefined) return undefined;
    const { active, beside } = known;
    const made = [active, ...beside.map(({ record }) => record)].find((record) => record.operationId === operationId);
    const version = made === undefined ? {} : { version: made.definition.version };
    return { ...version, active: active.definition.version };
  }
}

/** @throws TorchweaveError `workflowBusy` while an operation changes the workflow. */
function assertIdle(workflow: string, { updating }: VersionsOfWorkflow): void {
  if (updating !== undefined)
    throw new TorchweaveError('workflowBusy', { workflow, phase: 'updating', operationId: updating });
}

function assertKnown({ workflow, version }: WorkflowVersion, { active, beside, retired }: VersionsOfWorkflow): void {
  const definitions = [active.definition, ...beside.map(({ record }) => record.definition), ...retired];
  if (!definitions.some((each) => each.version === version))
    throw new TorchweaveError('versionNotFound', { workflow, version });
}
