/** What is expensive to find out, found out once for all who ask at the same time, and anew no sooner than `ms` after it was known. */
export class Lately<T> {
  private asked: { readonly at: number; readonly answer: Promise<T> } | undefined;

  constructor(
    private readonly find: () => Promise<T>,
    private readonly ms: number,
  ) {}

  /** What was found no longer ago than that, or is being found. A failure is told to those who wait for it alone. */
  get(): Promise<T> {
    const now = performance.now();
    if (this.asked !== undefined && now - this.asked.at < this.ms) return this.asked.answer;
    // Fresh until it is known: a search that takes long is not begun twice.
    const asked = { at: Infinity, answer: this.find() };
    this.asked = asked;
    asked.answer.then(
      () => this.asked === asked && (this.asked = { ...asked, at: performance.now() }),
      () => this.asked === asked && (this.asked = undefined),
    );
    return asked.answer;
  }
}
