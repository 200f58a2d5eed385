import type { IdempotencyKeys, KeyedRequest } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';

interface Claim {
  readonly digest: string;
  readonly operationId: string;
  readonly until: number;
}

/** {@link IdempotencyKeys} in this process. */
export class InMemoryIdempotencyKeys implements IdempotencyKeys {
  private readonly claims = new Map<string, Claim>();

  constructor(private readonly keepMs = 86_400_000) {}

  find(request: KeyedRequest): Promise<string | undefined> {
    return Promise.resolve().then(() => this.held(request)?.operationId);
  }

  async claim(request: KeyedRequest, operationId: string, insteadOf?: string): Promise<string> {
    await Promise.resolve();
    const held = this.held(request);
    if (held !== undefined && held.operationId !== insteadOf) return held.operationId;
    this.claims.set(keyOf(request), {
      ...{ digest: request.digest, operationId, until: performance.now() + this.keepMs },
    });
    return operationId;
  }

  private held(request: KeyedRequest): Claim | undefined {
    const claim = this.claims.get(keyOf(request));
    if (claim === undefined || claim.until < performance.now()) return undefined;
    if (claim.digest !== request.digest) throw new TorchweaveError('idempotencyKeyReused', { key: request.key });
    return claim;
  }
}

const keyOf = ({ caller, key }: KeyedRequest): string => JSON.stringify([caller, key]);
