import { TorchweaveError } from '@torchweave/domain';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** bytes of a body that is not worth counting: as many as that for every connection do no harm. */
const smallestCounted = 16_384;

/** The bytes of all request bodies that one server has under way, from their arrival until their answer is sent. */
export class BodyBudget {
  private used = 0;

  /** @param limit bytes. */
  constructor(private readonly limit: number) {}

  /** bytes. */
  get size(): number {
    return this.used;
  }

  /** The error of a request whose body has no room. */
  get excess(): TorchweaveError<'overloaded'> {
    const { limit } = this;
    return new TorchweaveError('overloaded', { what: 'bytes of request bodies', limit, retryAfterSeconds: 1 });
  }

  /**
   * Counts a body that is about to be read. One that grows beyond the limit ends with an `error` event of its stream, and is read on
   * to nowhere.
   *
   * @param maxBytes what is larger is refused by its reader, and nothing of it kept.
   * @returns false for a body that is known to have no room.
   */
  admits(request: IncomingMessage, payload: Readable, answer: ServerResponse, maxBytes: number): boolean {
    const declared = declaredBytes(request);
    if (declared <= smallestCounted || (declared > maxBytes && declared !== Number.POSITIVE_INFINITY)) return true;
    if (declared !== Number.POSITIVE_INFINITY && this.used + declared > this.limit) return false;
    let own = 0;
    const count = (piece: Buffer): void => {
      own += piece.length;
      this.used += piece.length;
      if (own <= maxBytes && this.used <= this.limit) return;
      payload.off('data', count);
      if (own <= maxBytes) payload.emit('error', this.excess);
    };
    // Whoever reads the body may have given up on it.
    payload.on('error', () => undefined).on('data', count);
    answer.once('close', () => {
      payload.off('data', count);
      this.used -= own;
    });
    return true;
  }
}

function declaredBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}
