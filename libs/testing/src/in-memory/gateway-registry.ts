import type { GatewayRegistry, Preparation, PreparationListener } from '@torchweave/application';
import type { PreparationOutcome, ServingGateway } from '@torchweave/application';

interface Lease {
  /** The last change that the gateway serves. */
  readonly revision: number;
  /** By `performance.now()`. */
  readonly endsAt: number;
}

/** {@link GatewayRegistry} in this process: one object for the workers and the gateways of an installation. */
export class InMemoryGatewayRegistry implements GatewayRegistry {
  private readonly leases = new Map<string, Lease>();
  private readonly listeners = new Set<PreparationListener>();
  /** Woken by every announcement and every departure. */
  private readonly waiting = new Set<() => void>();
  private readonly answers = new Set<(operationId: string, outcome: PreparationOutcome) => void>();

  constructor(readonly leaseMs = 5_000) {}

  announce(gatewayId: string, revision: number): Promise<void> {
    this.leases.set(gatewayId, { revision, endsAt: performance.now() + this.leaseMs });
    this.wake();
    return Promise.resolve();
  }

  leave(gatewayId: string): Promise<void> {
    this.leases.delete(gatewayId);
    this.wake();
    return Promise.resolve();
  }

  serving(): Promise<readonly ServingGateway[]> {
    const live = this.live().map(([gatewayId, { revision }]) => ({ gatewayId, revision }));
    return Promise.resolve(live.sort((a, b) => (a.gatewayId < b.gatewayId ? -1 : 1)));
  }

  async waitFor(revision: number, timeoutMs: number): Promise<readonly string[]> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const late = this.live().filter(([, lease]) => lease.revision < revision);
      const now = performance.now();
      if (late.length === 0 || now >= deadline) return late.map(([id]) => id);
      const nextAt = Math.min(deadline, ...late.map(([, { endsAt }]) => endsAt));
      await this.wokenWithin(Math.max(1, nextAt - now));
    }
  }

  async prepare(preparation: Preparation, signal: AbortSignal): Promise<readonly PreparationOutcome[]> {
    signal.throwIfAborted();
    const asked = this.live().map(([id]) => id);
    const outcomes = new Map<string, PreparationOutcome>();
    let check = (): void => undefined;
    const take = (operationId: string, outcome: PreparationOutcome): void => {
      if (operationId !== preparation.operationId) return;
      outcomes.set(outcome.gatewayId, outcome);
      check();
    };
    this.answers.add(take);
    this.notify((listener) => listener.prepare(preparation));
    try {
      await new Promise<void>((resolve, reject) => {
        check = () => asked.every((id) => outcomes.has(id)) && resolve();
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        check();
      });
      return asked.flatMap((id) => outcomes.get(id) ?? []);
    } finally {
      this.answers.delete(take);
    }
  }

  discard(operationId: string): Promise<void> {
    this.notify((listener) => listener.discard(operationId));
    return Promise.resolve();
  }

  onPreparation(listener: PreparationListener): Promise<() => void> {
    this.listeners.add(listener);
    return Promise.resolve(() => void this.listeners.delete(listener));
  }

  answerPreparation(operationId: string, outcome: PreparationOutcome): Promise<void> {
    for (const take of this.answers) take(operationId, outcome);
    return Promise.resolve();
  }

  /** As a message does, it arrives after whoever sent it has gone on. */
  private notify(tell: (listener: PreparationListener) => void): void {
    queueMicrotask(() => this.listeners.forEach(tell));
  }

  private live(): [string, Lease][] {
    const now = performance.now();
    return [...this.leases].filter(([, { endsAt }]) => endsAt > now);
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  private async wokenWithin(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve);
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }
}
