import { assertWorkflowName, isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import type { JobPayload } from '../job-catalogue/job-catalogue.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { JobQueue, Operation } from '../ports/job-queue.js';
import type { WorkflowPage, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import type { UploadedArchives } from '../registration/uploaded-archives.js';
import { cancelOperation } from './cancel-operation.js';
import { retryOperation } from './retry-operation.js';
import { freshId, submit, type Identify, type Submission } from './submit.js';
import { isFull, unregisterByState } from './unregister-by-state.js';

export interface WorkflowManagementOptions {
  /** ms that a synchronous request waits for its operation. */
  readonly waitMs: number;
  /** To unregister workflows also where the state takes no jobs; without it, they wait until it does. */
  readonly gateways?: GatewayRegistry;
  /** Where archives go that clients send themselves; without it none are taken. */
  readonly uploads?: Pick<UploadedArchives, 'receive'>;
}

/** An archive in the body of a request. */
export interface ArchiveUpload {
  readonly contentType: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** An archive that was in the body of a request, and is in the archive store. */
export interface StoredUpload {
  readonly url: string;
  /** Its sha-256. */
  readonly uploaded: string;
}

/** TorchServe's page size, and the most it allows. */
const largestPage = 100;

/** The management API's use cases: leaves work in the queue, waits for it, reads the state. */
export class WorkflowManagement {
  constructor(
    private readonly state: WorkflowState,
    private readonly jobs: JobQueue,
    private readonly options: WorkflowManagementOptions,
  ) {}

  /**
   * @throws TorchweaveError `workflowNameInvalid`, at once; the error of the registration, when `synchronous`;
   * `operationPending` when it takes too long.
   */
  async register(
    payload: JobPayload<'register-workflow'>,
    synchronous: boolean,
    identify?: Identify,
  ): Promise<Submission> {
    if (payload.workflowName !== undefined) assertWorkflowName(payload.workflowName);
    return this.submit('register-workflow', payload, synchronous, identify);
  }

  /**
   * Registers an archive that the client sends. It is not read where the name is none.
   *
   * @throws TorchweaveError as {@link register}; of what is wrong with the upload, see {@link UploadedArchives.receive};
   * `mediaTypeUnsupported` where none are taken.
   */
  async registerUpload(
    upload: ArchiveUpload | StoredUpload,
    { workflowName, sha256 }: Pick<JobPayload<'register-workflow'>, 'workflowName' | 'sha256'>,
    synchronous: boolean,
    identify?: Identify,
  ): Promise<Submission> {
    if (workflowName !== undefined) assertWorkflowName(workflowName);
    return this.register({ ...(await this.receive(upload, sha256)), workflowName }, synchronous, identify);
  }

  /**
   * Stores an archive that the client sends; one that is stored already stays so.
   *
   * @returns by what a job finds it. A name that the client gives for its file says nothing: the digest is the URL.
   * @throws TorchweaveError as {@link registerUpload}.
   */
  async receive(upload: ArchiveUpload | StoredUpload, sha256: string | undefined): Promise<StoredUpload> {
    if ('uploaded' in upload) return upload;
    const { content, contentType } = upload;
    const { uploads } = this.options;
    if (uploads === undefined) throw new TorchweaveError('mediaTypeUnsupported', { contentType });
    const uploaded = await uploads.receive(content, sha256);
    return { url: `sha256:${uploaded}`, uploaded };
  }

  /** @throws TorchweaveError `workflowNotFound`, at once, where no such workflow is ready. What cannot be read can be removed. */
  async unregister(workflow: string, synchronous: boolean, identify?: Identify): Promise<Submission> {
    await this.describe(workflow).catch((error: unknown) => {
      if (!isTorchweaveError(error, 'workflowUnreadable')) throw error;
    });
    try {
      return await this.submit('unregister-workflow', { workflow }, synchronous, identify);
    } catch (error) {
      const { gateways } = this.options;
      // Only what the queue has refused, not what has failed in it.
      const isRefused = isTorchweaveError(error, 'stateUnavailable') || isTorchweaveError(error, 'stateRefusesWrites');
      if (gateways === undefined || !isRefused || !(await isFull(this.state))) throw error;
      const operationId = randomUUID();
      await unregisterByState({ state: this.state, gateways }, workflow, operationId);
      return { ended: true, workflow, operationId };
    }
  }

  /** @throws TorchweaveError `workflowNotFound` where no such workflow is ready; `workflowUnreadable`. */
  async describe(workflow: string): Promise<WorkflowRecord> {
    const record = await this.state.get(workflow);
    if (record?.phase !== 'ready') throw new TorchweaveError('workflowNotFound', { workflow });
    return record;
  }

  /**
   * A page of the ready workflows by name. Limits outside 1 to 100 mean 100, as TorchServe's do (0 is mended: there it
   * pages forever); a negative offset means 0.
   */
  async list(limit: number, offset: number): Promise<WorkflowPage & { readonly nextOffset?: number }> {
    const size = limit > largestPage || limit < 1 ? largestPage : limit;
    const from = Math.max(0, offset);
    const page = await this.state.page(from, size);
    return page.hasMore ? { ...page, nextOffset: from + size } : page;
  }

  /** @throws TorchweaveError `operationNotFound`. */
  async operation(operationId: string): Promise<Operation> {
    const operation = await this.jobs.operation(operationId);
    if (operation === undefined) throw new TorchweaveError('operationNotFound', { operationId });
    return operation;
  }

  /** Cancels an operation: {@link cancelOperation}. */
  cancel(operationId: string): Promise<Operation> {
    return cancelOperation({ state: this.state, jobs: this.jobs }, operationId);
  }

  /** Begins an operation anew that has failed: {@link retryOperation}. */
  retry(operationId: string): Promise<Operation> {
    return retryOperation(this.jobs, operationId);
  }

  private submit<Name extends 'register-workflow' | 'unregister-workflow'>(
    name: Name,
    payload: JobPayload<Name>,
    synchronous: boolean,
    identify: Identify = freshId,
  ): Promise<Submission> {
    return submit(this.jobs, name, payload, { synchronous, identify, waitMs: this.options.waitMs });
  }
}
