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

  /** Counts a request until its answer is sent or its client is gone; false when there are too many. */
  admits(answer: ServerResponse): boolean {
    if (this.answers.size >= this.limit) return false;
    this.answers.add(answer);
    answer.once('close', () => this.answers.delete(answer));
    return true;
  }

  /** The error of a request that is not admitted. */
  get excess(): TorchweaveError<'overloaded'> {
    const { what, limit } = this;
    return new TorchweaveError('overloaded', { what, limit, retryAfterSeconds: 1 });
  }

  /** Has every connection closed with the answer that is under way on it: its client goes elsewhere with the next request. */
  sendAway(): void {
    for (const answer of this.answers) answer.shouldKeepAlive = false;
  }
}
