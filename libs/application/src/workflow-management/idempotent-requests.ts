import { createHash, randomUUID } from 'node:crypto';
import type { IdempotencyKeys, KeyedRequest } from '../ports/idempotency-keys.js';
import type { JobQueue, Operation } from '../ports/job-queue.js';
import { endOfOperation, type ChangeName, type Identify, type Submission } from './submit.js';

export interface IdempotentRequestsPorts {
  readonly keys: IdempotencyKeys;
  readonly jobs: Pick<JobQueue, 'operation' | 'waitForEnd'>;
}

/** A request under a key of its client's, of which it is known who that is. */
export interface RequestUnderKey {
  /** `''` where nobody is asked who they are. */
  readonly caller: string;
  readonly key: string;
  /** All that the request asks for, as JSON can say it; in whatever order. */
  readonly asked: object;
}

/** Errors of operations that no worker has begun, and that can be asked for again. */
const neverBegun = new Set(['operationExpired', 'operationOfNewerVersion']);

/** Requests that come under a key of their client's: the same request again is the same operation. */
export class IdempotentRequests {
  constructor(
    private readonly ports: IdempotentRequestsPorts,
    /** ms that a synchronous request waits for its operation. */
    private readonly waitMs: number,
  ) {}

  /**
   * Begins the operation of a request, or joins the one that it has begun before.
   *
   * @param begin checks the request and leaves its job under the id that it is given. What is refused before that holds no key.
   * @throws TorchweaveError `idempotencyKeyReused`; whatever `begin` throws, or the operation has failed with, when `synchronous`.
   */
  async submit(
    { caller, key, asked }: RequestUnderKey,
    synchronous: boolean,
    begin: (identify: Identify) => Promise<Submission>,
  ): Promise<Submission> {
    const request = { caller, key, digest: digestOf(asked) };
    const operation = await this.find(request);
    if (operation !== undefined && hasBegun(operation)) return this.join(operation, synchronous);
    let isClaimed = false;
    const identify = async (): Promise<string> => {
      const operationId = await this.ports.keys.claim(request, randomUUID(), operation?.id);
      isClaimed = true;
      return operationId;
    };
    try {
      return await begin(identify);
    } catch (error) {
      if (isClaimed) throw error;
      // The same request may have been quicker by a moment, and be what this one is refused for.
      const quicker = await this.find(request);
      if (quicker === undefined || !hasBegun(quicker)) throw error;
      return this.join(quicker, synchronous);
    }
  }

  private async find(request: KeyedRequest): Promise<Operation | undefined> {
    const held = await this.ports.keys.find(request);
    return held === undefined ? undefined : this.ports.jobs.operation(held);
  }

  private async join({ id: operationId, kind }: Operation, synchronous: boolean): Promise<Submission> {
    if (!synchronous) return { ended: false, operationId };
    const workflow = await endOfOperation(this.ports.jobs, kind as ChangeName, operationId, this.waitMs);
    return { ended: true, workflow, operationId };
  }
}

const hasBegun = ({ error }: Operation): boolean => error === undefined || !neverBegun.has(error.code);

const digestOf = (asked: object): string => createHash('sha256').update(JSON.stringify(asked, sorted)).digest('hex');

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
