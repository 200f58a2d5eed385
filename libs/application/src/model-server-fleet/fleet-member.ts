import { isUnanswered, type NodeInput, type NodeOutput } from '@torchweave/domain';
import type { Logger } from '../ports/logger.js';
import type { InferenceOptions } from '../ports/model-inference.js';
import type { ModelServer } from '../ports/model-server.js';
import { CircuitBreaker } from './circuit-breaker.js';

const breakerOptions = { failuresToOpen: 5, openMs: 2_000 };
/** ms by which a timer may be early. */
const timerTolerance = 2;

/** A model server of a fleet, and what the fleet has seen of it. */
export class FleetMember {
  inFlight = 0;
  readonly breaker = new CircuitBreaker(breakerOptions);
  private leaving = false;

  /** @param healthy whether its last health check succeeded. */
  constructor(
    readonly server: ModelServer,
    public healthy: boolean,
    private readonly logger: Logger,
  ) {}

  /** @throws whatever the server's own inference throws. */
  async infer(model: string, input: NodeInput, options: InferenceOptions): Promise<NodeOutput> {
    const deadline = performance.now() + options.timeoutMs - timerTolerance;
    this.inFlight += 1;
    this.breaker.begin();
    try {
      const output = await this.server.inference.infer(model, input, options);
      this.answered();
      output.place = this.server.name;
      return output;
    } catch (error) {
      if (!options.signal.aborted) this.judge(error, performance.now() >= deadline);
      throw error;
    } finally {
      this.inFlight -= 1;
      if (this.leaving && this.inFlight === 0) void this.server.close();
    }
  }

  /** Tells the result of a health check. */
  checked(healthy: boolean): void {
    if (healthy === this.healthy) return;
    this.healthy = healthy;
    const event = { endpoint: this.server.endpoint };
    if (!healthy) return this.logger.warn(event, 'model server is down');
    this.breaker.halfOpen();
    this.logger.info(event, 'model server is up');
  }

  /** Takes nothing new; the server is closed with the last inference under way. */
  async leave(): Promise<void> {
    this.leaving = true;
    if (this.inFlight === 0) await this.server.close();
  }

  /** An answer that is late may be its model's fault alone, unless the server does not answer health checks either. */
  private judge(error: unknown, isLate: boolean): void {
    if (!isUnanswered(error)) return this.answered();
    if (isLate && this.healthy) return;
    const { endpoint } = this.server;
    if (this.breaker.fail())
      this.logger.warn({ endpoint, err: error }, 'model server does not answer; it gets a pause');
  }

  private answered(): void {
    if (this.breaker.isOpen) this.logger.info({ endpoint: this.server.endpoint }, 'model server answers again');
    this.breaker.succeed();
  }
}
