import { TorchweaveError } from '@torchweave/domain';

interface SignInLimits {
  /** Failed sign-ins from one address within a window. */
  readonly perAddress: number;
  /** From all addresses together: it bounds what is remembered, too. */
  readonly overAll: number;
  readonly windowMs: number;
}

const usual: SignInLimits = { perAddress: 10, overAll: 100, windowMs: 60_000 };

interface Refused {
  readonly refusal: TorchweaveError;
}

/** Bounds how many keys somebody may try at the page's sign-in. Each process counts for itself, in windows. */
export class SignInLimit {
  private readonly failures = new Map<string, number>();
  private total = 0;
  private endsAt = 0;

  constructor(
    private readonly limits = usual,
    private readonly now = (): number => performance.now(),
  ) {}

  /** Tries to sign in, unless too many tries of that address or of all have failed: `signInsLimited`. */
  async attempt<T extends object>(from: string, signIn: () => Promise<T | Refused>): Promise<T | Refused> {
    this.beginWindow();
    const { perAddress, overAll } = this.limits;
    if (this.total >= overAll || (this.failures.get(from) ?? 0) >= perAddress) {
      const retryAfterSeconds = Math.max(1, Math.ceil((this.endsAt - this.now()) / 1_000));
      return { refusal: new TorchweaveError('signInsLimited', { retryAfterSeconds }) };
    }
    const window = this.endsAt;
    // Counted until it is known better, so that many at once are as many as one after another.
    this.add(from, 1);
    let hasFailed = false;
    try {
      const outcome = await signIn();
      hasFailed = 'refusal' in outcome;
      return outcome;
    } finally {
      if (!hasFailed && window === this.endsAt) this.add(from, -1);
    }
  }

  private beginWindow(): void {
    const now = this.now();
    if (now < this.endsAt) return;
    this.endsAt = now + this.limits.windowMs;
    this.total = 0;
    this.failures.clear();
  }

  private add(from: string, count: number): void {
    this.total += count;
    this.failures.set(from, (this.failures.get(from) ?? 0) + count);
  }
}
