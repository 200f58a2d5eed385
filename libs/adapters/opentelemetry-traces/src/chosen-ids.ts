import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace';

/** Ids by chance, but for spans whose id is chosen. */
export class ChosenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private chosen: string | undefined;

  /** The span that `begin` begins first has this id. */
  within<T>(spanId: string, begin: () => T): T {
    this.chosen = spanId;
    try {
      return begin();
    } finally {
      this.chosen = undefined;
    }
  }

  generateTraceId(): string {
    return this.random.generateTraceId();
  }

  generateSpanId(): string {
    const { chosen } = this;
    this.chosen = undefined;
    return chosen ?? this.random.generateSpanId();
  }
}
