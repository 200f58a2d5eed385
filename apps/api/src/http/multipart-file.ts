import { TorchweaveError } from '@torchweave/domain';

/** bytes before the first boundary. */
const maxPreambleBytes = 1_024;
/** bytes of the headers of a part. */
const maxHeaderBytes = 16_384;

function refuse(reason: string): never {
  throw new TorchweaveError('bodyMalformed', { reason });
}

/** Characters of a boundary, as RFC 2046 has them. */
const longestBoundary = 70;

function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? '';
  if (boundary === '')
    refuse('the multipart content type has no boundary. Leave that header to whatever makes the body');
  if (boundary.length > longestBoundary) refuse(`the multipart boundary has more than ${longestBoundary} characters`);
  return boundary;
}

/** Cuts a stream at what stands in it. */
class Scanner {
  private readonly chunks: AsyncIterator<Uint8Array>;

  /** @param pending what is taken to stand before the stream. */
  constructor(
    content: AsyncIterable<Uint8Array>,
    private pending: Buffer,
  ) {
    this.chunks = content[Symbol.asyncIterator]();
  }

  /** What comes before `end`, piece by piece; the next call begins behind that. */
  async *until(end: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.pending.indexOf(end);
      // What is not a whole `end` yet may become one.
      const ready = at === -1 ? Math.max(0, this.pending.length - end.length + 1) : at;
      const piece = this.pending.subarray(0, ready);
      this.pending = this.pending.subarray(at === -1 ? ready : ready + end.length);
      if (piece.length > 0) yield piece;
      if (at !== -1) return;
      await this.more();
    }
  }

  /** All that comes before `end`. */
  async text(end: Buffer, maxBytes: number, what: string): Promise<string> {
    let text = Buffer.alloc(0);
    for await (const piece of this.until(end)) {
      text = Buffer.concat([text, piece]);
      if (text.length > maxBytes) refuse(`${what} of the multipart body has more than ${maxBytes} bytes`);
    }
    return text.toString('utf8');
  }

  /** The next bytes, as characters. */
  async take(count: number): Promise<string> {
    while (this.pending.length < count) await this.more();
    const taken = this.pending.subarray(0, count).toString('latin1');
    this.pending = this.pending.subarray(count);
    return taken;
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private async more(): Promise<void> {
    const next = await this.chunks.next();
    if (next.done === true) refuse('the multipart body is cut off');
    this.pending = Buffer.concat([this.pending, next.value]);
  }
}

const lineEnd = Buffer.from('\r\n');
const emptyLine = Buffer.from('\r\n\r\n');

/** The name of a part by its headers. */
function partName(headers: string): string {
  const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? '';
  const match = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition);
  return match?.[1] ?? match?.[2] ?? '';
}

/**
 * The bytes of the part `file` of a multipart body, as they come: it must be the only part, as parameters stand in the query. Lines
 * end with a carriage return and a line feed.
 *
 * @throws TorchweaveError `bodyMalformed` in the middle of the stream, or at its end; whatever `content` throws.
 */
export async function* multipartFile(
  content: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<Uint8Array> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(contentType)}`);
  // So that the first delimiter has a line before it, as the others.
  const scanner = new Scanner(content, lineEnd);
  try {
    await scanner.text(delimiter, maxPreambleBytes, 'what stands before the first part');
    if ((await scanner.take(2)) !== '\r\n') refuse('the multipart body has no part named file');
    const name = partName(await scanner.text(emptyLine, maxHeaderBytes, 'a header'));
    if (name !== 'file') refuse(onePart);
    yield* scanner.until(delimiter);
    if ((await scanner.take(2)) !== '--') refuse(onePart);
  } finally {
    await scanner.close();
  }
}

const onePart =
  'the multipart body must have one part, named file, which is the archive. Parameters belong in the query';
