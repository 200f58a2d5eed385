import { TorchweaveError } from '@torchweave/domain';
import type { AccessKeys, KeyCheck } from '../auth/access-keys.js';
import type { Permission } from '../auth/permission.js';

/** What a request shows of whoever sends it, by whatever transport it comes. */
export interface Credentials {
  /** A header or a metadata entry: `Bearer <key>`, or `Basic` with the key as the password where that may be. */
  readonly authorization: string | undefined;
  readonly mayBePassword?: boolean;
}

export interface AdmissionOptions {
  /** What is counted, for the sentence: `predictions under way`. */
  readonly what: string;
  /** Most requests that are under way at once. */
  readonly limit: number;
  /** Nobody is asked for a key without them. */
  readonly keys?: AccessKeys | undefined;
}

const nobody: KeyCheck = {};

/**
 * Who comes in, and how many at once. It knows no transport: whoever brings requests identifies them, counts those that work, and
 * releases each when its answer is sent or its client is gone.
 *
 * @typeParam Request what stands for a request while it is counted; of HTTP its answer.
 */
export class Admission<Request extends object> {
  private readonly underWay = new Set<Request>();

  constructor(private readonly options: AdmissionOptions) {}

  /** Absent where nobody is asked for a key. */
  get keys(): AccessKeys | undefined {
    return this.options.keys;
  }

  /** Requests that are counted now. */
  get size(): number {
    return this.underWay.size;
  }

  /** Identifies who sends a request, and tells why it is refused where one of the permissions is wanted and none is had. */
  permit({ authorization, mayBePassword }: Credentials, wanted: readonly Permission[]): KeyCheck {
    const { keys } = this.options;
    return keys === undefined ? nobody : keys.check(authorization, wanted, mayBePassword);
  }

  /** Counts a request until it is released; false, and not counted, when there are too many: {@link excess}. */
  count(request: Request): boolean {
    if (this.underWay.size >= this.options.limit) return false;
    this.underWay.add(request);
    return true;
  }

  /** May be called for one that was never counted, and again. */
  release(request: Request): void {
    this.underWay.delete(request);
  }

  /** The error of a request that is not counted. */
  get excess(): TorchweaveError<'overloaded'> {
    const { what, limit } = this.options;
    return new TorchweaveError('overloaded', { what, limit, retryAfterSeconds: 1 });
  }

  /** Has `leave` told to every request under way that its client shall go elsewhere with the next one. */
  drain(leave: (request: Request) => void): void {
    for (const request of this.underWay) leave(request);
  }
}
