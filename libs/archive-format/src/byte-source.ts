/** Takes a stream of bytes apart into pieces of any size. */
export class ByteSource {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * The next `length` bytes, in one piece: for what is known to be small.
   *
   * @returns undefined at the end of the stream.
   * @throws Error when it ends in the middle.
   */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = [];
    let taken = 0;
    while (taken < length && (await this.fill())) {
      const piece = this.cut(length - taken);
      pieces.push(piece);
      taken += piece.length;
    }
    if (taken === 0 && length > 0) return undefined;
    if (taken < length) throw new Error('unexpected end of file');
    return Buffer.concat(pieces);
  }

  /** The next `length` bytes as they come. @throws Error when the stream ends before. */
  async *pass(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      if (!(await this.fill())) throw new Error('unexpected end of file');
      const piece = this.cut(left);
      left -= piece.length;
      yield piece;
    }
  }

  /** Everything that is left. */
  async *remaining(): AsyncGenerator<Uint8Array> {
    while (await this.fill()) yield this.cut(Infinity);
  }

  /** Lets go of the stream before its end. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private cut(most: number): Uint8Array {
    const piece = this.rest.subarray(0, Math.min(most, this.rest.length));
    this.rest = this.rest.subarray(piece.length);
    return piece;
  }

  private async fill(): Promise<boolean> {
    while (this.rest.length === 0) {
      const next = await this.chunks.next();
      if (next.done === true) return false;
      this.rest = next.value;
    }
    return true;
  }
}
