import { full } from './model-errors.js';

/** The processes of all models of one server, bounded together. */
export class ProcessBudget {
  private readonly taken = new Map<string, number>();

  constructor(readonly limit: number) {}

  /**
   * Takes so many for a model, in the place of what it had.
   *
   * @throws TorchweaveError `modelServerFull` when that is more than there are.
   */
  take(model: string, count: number): void {
    const others = this.total - (this.taken.get(model) ?? 0);
    if (others + count > this.limit) {
      const processes = count === 1 ? 'one process' : `${count} processes`;
      throw full(
        `Model ${model} asks for ${processes} (min-workers), and other models have ${others} of the ${this.limit} that the local ` +
          'model server may have. Ask for fewer, or raise max_model_processes.',
      );
    }
    this.taken.set(model, count);
  }

  /** Notes what a model has that is there in any case. */
  keep(model: string, count: number): void {
    this.taken.set(model, count);
  }

  free(model: string): void {
    this.taken.delete(model);
  }

  private get total(): number {
    let total = 0;
    for (const count of this.taken.values()) total += count;
    return total;
  }
}
