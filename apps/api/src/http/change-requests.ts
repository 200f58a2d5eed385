import type {
  ArchiveUpload,
  IdempotentRequests,
  Identify,
  StoredUpload,
  Submission,
  WorkflowManagement,
} from '@torchweave/application';
import { shorten, TorchweaveError } from '@torchweave/domain';
import type { FastifyRequest } from 'fastify';
import { archiveOf } from './archive-bodies.js';

/** The header that names the key, as requests have it. */
const header = 'idempotency-key';
/** Characters of a key. */
export const longestKey = 255;
const visible = /^[\x21-\x7e]+$/;

/** The parameters of a change, as they have been checked. */
export interface ChangeParameters {
  readonly synchronous?: boolean;
}

export interface ChangeRequestsOptions {
  readonly management: Pick<WorkflowManagement, 'receive'>;
  /** Without it, keys of requests count for nothing. */
  readonly idempotent?: IdempotentRequests | undefined;
  /** Who has sent a request, where that is asked for. */
  readonly callerOf: (request: FastifyRequest) => string | undefined;
}

/** Requests that change something, and may be sent again under a key. */
export class ChangeRequests {
  constructor(private readonly options: ChangeRequestsOptions) {}

  /**
   * The archive that a request brings. Under a key it is stored at once: what it is makes the request the same as before, or another.
   *
   * @throws TorchweaveError as {@link WorkflowManagement.receive}; `parameterInvalid` for a key that is none.
   */
  async archive(request: FastifyRequest, sha256?: string): Promise<ArchiveUpload | StoredUpload | undefined> {
    const upload = archiveOf(request);
    if (upload === undefined || this.keyOf(request) === undefined) return upload;
    return this.options.management.receive(upload, sha256);
  }

  /**
   * Begins what a request asks for, or joins what it began when it came before under its key.
   *
   * @param archive what {@link archive} has told of it.
   * @throws TorchweaveError `parameterInvalid` for a key that is none, `idempotencyKeyReused`; whatever `begin` throws.
   */
  async submit(
    request: FastifyRequest,
    { synchronous = true, ...asked }: ChangeParameters,
    begin: (synchronous: boolean, identify?: Identify) => Promise<Submission>,
    archive?: ArchiveUpload | StoredUpload,
  ): Promise<Submission> {
    const { idempotent, callerOf } = this.options;
    const key = this.keyOf(request);
    if (key === undefined || idempotent === undefined) return begin(synchronous);
    const { method, routeOptions, params } = request;
    const uploaded = archive !== undefined && 'uploaded' in archive ? archive.uploaded : undefined;
    const whole = { route: `${method} ${routeOptions.url ?? ''}`, params, asked, uploaded };
    const keyed = { caller: callerOf(request) ?? '', key, asked: whole };
    return idempotent.submit(keyed, synchronous, (identify) => begin(synchronous, identify));
  }

  private keyOf({ headers }: FastifyRequest): string | undefined {
    const key = headers[header];
    if (key === undefined || this.options.idempotent === undefined) return undefined;
    const value = String(key);
    if (value.length <= longestKey && visible.test(value)) return value;
    const rule = `1 to ${longestKey} visible ASCII characters without spaces`;
    throw new TorchweaveError('parameterInvalid', { parameter: 'Idempotency-Key', value: shorten(value, 50), rule });
  }
}
