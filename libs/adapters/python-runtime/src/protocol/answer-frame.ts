import type { NodeOutput } from '@torchweave/domain';
import { releaseOf } from '@torchweave/kernel';
import {
  mostMetaBytes,
  readHandlerFailure,
  readLoadFailure,
  readMeta,
  type HandlerFailure,
  type LoadFailure,
} from './answer-content.js';
import { ProtocolError } from './protocol-error.js';

/** The kinds of answer, by their number on the wire. */
const kinds = ['ok', 'failed', 'ready', 'loadFailed', 'skipped'] as const;

/** A frame from a process, `micros` after it began. */
export type Answer =
  | { readonly kind: 'ok'; readonly callId: number; readonly micros: number; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly callId: number; readonly micros: number; readonly failure: HandlerFailure }
  | { readonly kind: 'skipped'; readonly callId: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'loadFailed'; readonly failure: LoadFailure };

const headSize = 13;
const rowSize = 8;

/** The largest frame that answers a call of so many rows; without one, that tells how loading went. */
export function mostFrameBytes(rows: number, maxValueBytes: number): number {
  return mostMetaBytes + rows * (rowSize + mostMetaBytes + maxValueBytes);
}

/** Cuts what a process sends into answers. Everything is copied once, so the chunks pushed may be used again. */
export class AnswerDecoder {
  private rest: Buffer | undefined;
  private frame: Buffer | undefined;
  private filled = 0;

  /**
   * @param mostBytes of the frame that may come now: one that is larger has been made by a function, and no room is made
   * for it.
   */
  constructor(
    private readonly mostBytes: () => number,
    private readonly onAnswer: (answer: Answer) => void,
  ) {}

  /** @throws ProtocolError for what is no answer, and whatever `onAnswer` throws. */
  push(chunk: Buffer): void {
    let data = chunk;
    if (this.frame !== undefined) {
      const taken = chunk.copy(this.frame, this.filled);
      this.filled += taken;
      if (this.filled < this.frame.length) return;
      const whole = this.frame;
      this.frame = undefined;
      this.onAnswer(decode(whole));
      data = chunk.subarray(taken);
    } else if (this.rest !== undefined) {
      data = Buffer.concat([this.rest, chunk]);
      this.rest = undefined;
    }
    this.cut(data);
  }

  private cut(data: Buffer): void {
    let offset = 0;
    while (data.length - offset >= headSize) {
      const length = data.readUInt32LE(offset);
      if (length < headSize - 4 || length > this.mostBytes())
        throw new ProtocolError(`sent a frame of ${length} bytes`);
      const end = offset + 4 + length;
      if (end > data.length) {
        this.frame = Buffer.allocUnsafe(end - offset);
        this.filled = data.copy(this.frame, 0, offset);
        return;
      }
      this.onAnswer(decode(Buffer.from(data.subarray(offset, end))));
      offset = end;
    }
    if (offset < data.length) this.rest = Buffer.from(data.subarray(offset));
  }
}

function decode(frame: Buffer): Answer {
  const callId = frame.readUInt32LE(4);
  const kind = kinds[frame.readUInt8(8)];
  const micros = frame.readUInt32LE(9);
  const body = frame.subarray(headSize);
  switch (kind) {
    case 'ok':
      return { kind, callId, micros, body };
    case 'failed':
      return { kind, callId, micros, failure: readHandlerFailure(body) };
    case 'loadFailed':
      return { kind, failure: readLoadFailure(body) };
    case 'ready':
      return { kind };
    case 'skipped':
      return { kind, callId };
    default:
      throw new ProtocolError(`sent a frame of the unknown kind ${frame[8]}`);
  }
}

/** One row of an answer; `status` where the handler of a model set one. */
export interface RowOutput extends NodeOutput {
  readonly status?: number;
  waitedMs?: number;
  release?: (() => void) | undefined;
}

/**
 * The outputs of an `ok` answer's rows. Values are views of the answer's buffer, which a single row has for itself.
 *
 * @throws ProtocolError when they are not so many rows, or one is larger than it may be.
 */
export function decodeOutputs(body: Buffer, rows: number, maxValueBytes: number): RowOutput[] {
  let offset = rows * rowSize;
  if (offset > body.length) throw new ProtocolError('answered fewer rows than it was asked');
  const outputs: RowOutput[] = [];
  for (let row = 0; row < rows; row += 1) {
    const metaEnd = offset + body.readUInt32LE(row * rowSize);
    const valueEnd = metaEnd + body.readUInt32LE(row * rowSize + 4);
    if (valueEnd > body.length) throw new ProtocolError('answered less than it announced');
    if (valueEnd - metaEnd > maxValueBytes) throw new ProtocolError('answered more than max_response_size');
    const value = body.subarray(metaEnd, valueEnd);
    outputs.push(metaEnd === offset ? { value } : { ...readMeta(body.subarray(offset, metaEnd)), value });
    offset = valueEnd;
  }
  if (offset !== body.length) throw new ProtocolError('answered more than it announced');
  const [only] = outputs;
  if (rows === 1 && only !== undefined) only.release = releaseOf(only.value);
  return outputs;
}
