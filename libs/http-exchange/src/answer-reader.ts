import { AnswerTooLargeError, ExchangeFailure, type ReadAnswer } from './exchange.js';

/** Bytes of a status line with its headers; TorchServe sends some 300. */
const largestHead = 65_536;
/** Characters of a chunk's size with its extensions, and of a trailer. */
const largestLine = 8_192;
const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);

/** What an answer's head says of it. */
interface Head {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly isBodiless: boolean;
}

/** What the next bytes are: `untilEnd`, of a body whose end is the connection's; `size`, `data` and `trailer` of a chunked one. */
type Expected = 'head' | 'body' | 'untilEnd' | 'size' | 'data' | 'dataEnd' | 'trailer';

/**
 * Reads one HTTP/1.1 answer (RFC 9112) from the pieces in which it arrives. Everything is copied once, so the pieces pushed
 * may be used again.
 */
export class AnswerReader {
  /** Whether the connection can carry another exchange after this one. */
  keepsAlive = true;
  private expected: Expected = 'head';
  private head: Head = { status: 0, contentType: undefined, isBodiless: false };
  /** Of a head or a line that is not whole yet. */
  private kept = nothing;
  private readonly pieces: Buffer[] = [];
  /** Bytes of all pieces. */
  private size = 0;
  /** The body, where its length is known; `filled` bytes of it are there. */
  private body = nothing;
  private filled = 0;
  /** Bytes of the present chunk that are missing. */
  private missing = 0;

  constructor(private readonly maxBytes: number) {}

  /** Whether any of the answer has arrived. */
  get hasBegun(): boolean {
    return this.expected !== 'head' || this.kept.length > 0;
  }

  /**
   * @returns the answer with its last piece.
   * @throws ExchangeFailure `notHttp`, also for bytes behind the answer; AnswerTooLargeError.
   */
  push(piece: Buffer): ReadAnswer | undefined {
    let rest = piece;
    for (;;) {
      const after = this.take(rest);
      if (after === undefined) return undefined;
      if (after !== 'whole') {
        rest = after;
        continue;
      }
      const { status, contentType } = this.head;
      return { status, contentType, body: this.wholeBody() };
    }
  }

  /** The server has ended the connection. @returns the answer where that is its end. */
  end(): ReadAnswer | undefined {
    if (this.expected !== 'untilEnd') return undefined;
    this.keepsAlive = false;
    const { status, contentType } = this.head;
    return { status, contentType, body: this.wholeBody() };
  }

  /** Takes what belongs to the present part. @returns what is behind it; undefined when more must come. */
  private take(data: Buffer): Buffer | 'whole' | undefined {
    switch (this.expected) {
      case 'head':
        return this.takeHead(data);
      case 'body':
        return this.takeBody(data);
      case 'untilEnd':
        this.keep(data);
        return undefined;
      case 'size':
        return this.takeLine(data, (line) => this.beginChunk(line));
      case 'data':
        return this.takeData(data);
      case 'dataEnd':
        return this.takeLine(data, (line) => {
          if (line !== '') throw notHttp();
          this.expected = 'size';
        });
      case 'trailer':
        return this.takeTrailer(data);
    }
  }

  private takeHead(data: Buffer): Buffer | 'whole' | undefined {
    const all = this.kept.length === 0 ? data : Buffer.concat([this.kept, data]);
    const end = all.indexOf(headEnd);
    if (end < 0) {
      // Whoever speaks something else need not be waited for.
      if (all.length > largestHead || !beginsAsHttp(all)) throw notHttp();
      this.kept = Buffer.from(all);
      return undefined;
    }
    this.kept = nothing;
    this.readHead(all.toString('latin1', 0, end));
    const rest = restOf(all, end + headEnd.length);
    const isWhole = this.head.isBodiless || (this.expected === 'body' && this.body.length === 0);
    return isWhole ? this.ended(rest) : rest;
  }

  private readHead(text: string): void {
    const lines = text.split('\r\n');
    const [, minor, digits] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(lines[0] ?? '') ?? [];
    if (digits === undefined) throw notHttp();
    const status = Number(digits);
    const headers = readHeaders(lines);
    // An interim answer: the one that counts follows.
    if (status >= 100 && status < 200) {
      if (status === 101) throw notHttp();
      return;
    }
    const { connection, contentType, length, coding } = headers;
    this.keepsAlive = minor === '1' && connection !== 'close';
    const isBodiless = status === 204 || status === 304;
    this.head = { status, contentType, isBodiless };
    if (coding !== undefined) {
      if (coding !== 'chunked') throw notHttp();
      // RFC 9112, 6.3: an answer with both may be somebody's smuggling.
      if (length !== undefined) this.keepsAlive = false;
      this.expected = 'size';
    } else if (length !== undefined) {
      this.reserve(length);
      this.expected = 'body';
    } else {
      this.keepsAlive &&= isBodiless;
      this.expected = 'untilEnd';
    }
  }

  private reserve(length: number): void {
    if (length > this.maxBytes) throw new AnswerTooLargeError(this.maxBytes);
    this.body = length === 0 ? nothing : Buffer.allocUnsafe(length);
  }

  private takeBody(data: Buffer): 'whole' | undefined {
    const taken = data.copy(this.body, this.filled);
    this.filled += taken;
    return this.filled < this.body.length ? undefined : this.ended(restOf(data, taken));
  }

  private beginChunk(line: string): void {
    const [, digits] = /^([0-9a-f]{1,8})[\t ]*(?:;.*)?$/i.exec(line) ?? [];
    if (digits === undefined) throw notHttp();
    this.missing = Number.parseInt(digits, 16);
    if (this.size + this.missing > this.maxBytes) throw new AnswerTooLargeError(this.maxBytes);
    this.expected = this.missing === 0 ? 'trailer' : 'data';
  }

  private takeData(data: Buffer): Buffer | undefined {
    const piece = data.subarray(0, this.missing);
    this.keep(piece);
    this.missing -= piece.length;
    if (this.missing === 0) this.expected = 'dataEnd';
    return restOf(data, piece.length);
  }

  private takeTrailer(data: Buffer): Buffer | 'whole' | undefined {
    let isEnd = false;
    const after = this.takeLine(data, (line) => (isEnd = line === ''));
    return isEnd ? this.ended(after) : after;
  }

  private takeLine(data: Buffer, read: (line: string) => void): Buffer | undefined {
    const all = this.kept.length === 0 ? data : Buffer.concat([this.kept, data]);
    const end = all.indexOf(lineEnd);
    if (end > largestLine || (end < 0 && all.length > largestLine)) throw notHttp();
    if (end < 0) {
      this.kept = Buffer.from(all);
      return undefined;
    }
    this.kept = nothing;
    read(all.toString('latin1', 0, end));
    return restOf(all, end + lineEnd.length);
  }

  private keep(piece: Buffer): void {
    this.size += piece.length;
    if (this.size > this.maxBytes) throw new AnswerTooLargeError(this.maxBytes);
    this.pieces.push(Buffer.from(piece));
  }

  /** Nobody has asked for anything behind the answer. */
  private ended(behind: Buffer | undefined): 'whole' {
    if (behind !== undefined) throw notHttp();
    return 'whole';
  }

  private wholeBody(): Buffer {
    if (this.pieces.length === 0) return this.body;
    const [only] = this.pieces;
    return this.pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.pieces, this.size);
  }
}

/** The headers that decide how an answer is read. */
interface ReadHeaders {
  connection?: string;
  contentType?: string;
  length?: number;
  coding?: string;
}

function readHeaders(lines: readonly string[]): ReadHeaders {
  const headers: ReadHeaders = {};
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    if (colon <= 0) throw notHttp();
    const value = (): string => line.slice(colon + 1).trim();
    switch (line.slice(0, colon).toLowerCase()) {
      case 'connection':
        headers.connection = value().toLowerCase();
        break;
      case 'content-type':
        headers.contentType ??= value();
        break;
      case 'content-length':
        headers.length = lengthOf(value(), headers.length);
        break;
      case 'transfer-encoding':
        if (headers.coding !== undefined) throw notHttp();
        headers.coding = value().toLowerCase();
        break;
    }
  }
  return headers;
}

function lengthOf(text: string, before: number | undefined): number {
  const length = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(length) || (before !== undefined && before !== length)) throw notHttp();
  return length;
}

const restOf = (data: Buffer, from: number): Buffer | undefined =>
  data.length > from ? data.subarray(from) : undefined;

const notHttp = (): ExchangeFailure => new ExchangeFailure('notHttp', 'The answer is not HTTP.');

const httpBegin = Buffer.from('HTTP/1.');

function beginsAsHttp(data: Buffer): boolean {
  const length = Math.min(data.length, httpBegin.length);
  return data.compare(httpBegin, 0, length, 0, length) === 0;
}
