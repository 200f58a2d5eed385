/** Runs tasks of the same key one after the other, in the order in which they came. */
export class SerialTasks {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as the task does; the next one of that key begins either way. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const running = before.then(task, task);
    this.last.set(key, running);
    const forget = (): void => {
      if (this.last.get(key) === running) this.last.delete(key);
    };
    running.then(forget, forget);
    return running;
  }
}
