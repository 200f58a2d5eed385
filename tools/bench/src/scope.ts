/** Things to end, last first, whatever happens. */
export class Scope {
  private readonly ends: (() => Promise<void>)[] = [];
  private closing: Promise<void> | undefined;

  /** Remembers how to end something; ends it at once when the scope has been closed meanwhile. */
  async add(end: () => Promise<void>): Promise<void> {
    if (this.closing !== undefined) await end();
    else this.ends.unshift(end);
  }

  /** Ends everything, each thing even when another one fails to end. Every call waits for that. @throws the failures. */
  close(): Promise<void> {
    this.closing ??= this.endAll();
    return this.closing;
  }

  private async endAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.ends) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }
}
