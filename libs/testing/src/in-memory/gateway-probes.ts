import type { GatewayProbes, ProbeOrder, ProbeOutcome } from '@torchweave/application';
import { toTorchweaveError } from '@torchweave/domain';

type Send = (order: ProbeOrder) => Promise<void>;

/** {@link GatewayProbes} in this process: one object for the workers and the gateways of an installation. */
export class InMemoryGatewayProbes implements GatewayProbes {
  private readonly gateways = new Map<string, Send>();

  async ask(order: ProbeOrder, signal: AbortSignal): Promise<readonly ProbeOutcome[]> {
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    );
    const outcomes = [...this.gateways].map(([gatewayId, send]) => outcomeOf(gatewayId, send(structuredClone(order))));
    return Promise.race([Promise.all(outcomes), aborted]);
  }

  answer(gatewayId: string, send: Send): Promise<() => void> {
    this.gateways.set(gatewayId, send);
    return Promise.resolve(() => void this.gateways.delete(gatewayId));
  }
}

const outcomeOf = (gatewayId: string, sent: Promise<void>): Promise<ProbeOutcome> =>
  sent.then(
    () => ({ gatewayId }),
    (error: unknown) => ({ gatewayId, failure: toTorchweaveError(error).toRecord() }),
  );
