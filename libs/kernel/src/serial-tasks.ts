/** Tasks of one name run one after the other, in the order they came in. */
export class SerialTasks {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Settles as `task` does; whether the tasks before it succeeded does not matter. */
  run<T>(name: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.tails.get(name) ?? Promise.resolve()).then(task);
    const tail = turn
      .catch(() => undefined)
      .then(() => {
        if (this.tails.get(name) === tail) this.tails.delete(name);
      });
    this.tails.set(name, tail);
    return turn;
  }
}
