/** Things to close, closed last first. */
export class Closing {
  private readonly steps: (() => Promise<void>)[] = [];

  add<T extends { close(): Promise<void> | void }>(thing: T): T {
    this.steps.unshift(async () => thing.close());
    return thing;
  }

  async close(): Promise<void> {
    for (const step of this.steps.splice(0)) await step();
  }
}
