import { TorchweaveError } from '@torchweave/domain';
import type { ServerResponse } from 'node:http';

/** Requests that are under way at one server, no more than a limit. */
export class RequestsInFlight {
  private readonly answers = new Set<ServerResponse>();

  /** @param what they are, for the sentence: `predictions under way`. */
  constructor(
    private readonly what: string,
    private readonly limit: number,
  ) {}

  get size(): number {
    return this.answers.size;
  }

  /**
   * Counts a request until its answer is sent or its client is gone.
   *
   * @throws TorchweaveError `overloaded`.
   */
  admit(answer: ServerResponse): void {
    const { what, limit } = this;
    if (this.answers.size >= limit) throw new TorchweaveError('overloaded', { what, limit, retryAfterSeconds: 1 });
    this.answers.add(answer);
    answer.once('close', () => this.answers.delete(answer));
  }

  /** Has every connection closed with the answer that is under way on it: its client goes elsewhere with the next request. */
  sendAway(): void {
    for (const answer of this.answers) answer.shouldKeepAlive = false;
  }
}
