import { longestTriedAnswer, type GatewayTries, type Tried, type Try } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';

type Answer = (order: Try) => Promise<Tried>;

/** {@link GatewayTries} in this process: one object for the apis and the gateways of an installation. */
export class InMemoryGatewayTries implements GatewayTries {
  private readonly gateways = new Map<string, Answer>();

  async send(gatewayIds: readonly string[], order: Try, signal: AbortSignal): Promise<Tried> {
    signal.throwIfAborted();
    const answer = gatewayIds.flatMap((id) => this.gateways.get(id) ?? [])[0];
    if (answer === undefined) throw new TorchweaveError('gatewayAway', { reason: 'none', retryAfterSeconds: 1 });
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    );
    const tried = await Promise.race([answer({ ...order, body: Buffer.from(order.body) }), aborted]);
    return { ...tried, body: Buffer.from(tried.body.subarray(0, longestTriedAnswer)) };
  }

  answer(gatewayId: string, answer: Answer): Promise<() => void> {
    this.gateways.set(gatewayId, answer);
    return Promise.resolve(() => void this.gateways.delete(gatewayId));
  }
}
