/** Things to end, last first, whatever happens. */
export class Scope {
  private readonly ends: (() => Promise<void>)[] = [];
  private isClosed = false;

  /** Remembers how to end something; ends it at once when the scope has been closed meanwhile. */
  async add(end: () => Promise<void>): Promise<void> {
    if (this.isClosed) await end();
    else this.ends.unshift(end);
  }

  /** Ends everything, each thing even when another one fails to end. @throws the failures. */
  async close(): Promise<void> {
    this.isClosed = true;
    const failures: unknown[] = [];
    for (const end of this.ends.splice(0)) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }
}
