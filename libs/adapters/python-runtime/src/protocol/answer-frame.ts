import { releaseOf } from '@torchweave/application';
import type { NodeOutput } from '@torchweave/domain';

/** The kinds of answer, by their number on the wire. */
const kinds = ['ok', 'failed', 'ready', 'loadFailed', 'skipped'] as const;

/** Why a handler's call failed, as the process tells it. */
export interface HandlerFailure {
  /** `output`: what it returned is no answer; `memory`: MemoryError or CUDA out of memory; else an exception. */
  readonly kind: 'raised' | 'output' | 'memory';
  /** One sentence, for people. */
  readonly reason: string;
  /** The HTTP status that the exception carries. */
  readonly status?: number;
  /** With `status`: the message to answer. */
  readonly message?: string;
}

/** Why a process could not load what it was started for. */
export interface LoadFailure {
  readonly reason: string;
  /** The function that does not load, where it is one function's fault. */
  readonly function: string | null;
}

/** A frame from a process, `micros` after it began. */
export type Answer =
  | { readonly kind: 'ok'; readonly callId: number; readonly micros: number; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly callId: number; readonly micros: number; readonly failure: HandlerFailure }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'loadFailed'; readonly failure: LoadFailure };

const headSize = 13;

/** Cuts what a process sends into answers. Everything is copied once, so the chunks pushed may be used again. */
export class AnswerDecoder {
  private rest: Buffer | undefined;
  private frame: Buffer | undefined;
  private filled = 0;

  /** @param maxBytes no process sends a larger frame; one that does has lost its mind, or is not one of ours. */
  constructor(
    private readonly maxBytes: number,
    private readonly onAnswer: (answer: Answer) => void,
  ) {}

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
      if (length < headSize - 4 || length > this.maxBytes) throw new Error(`a Python process sent ${length} bytes`);
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
  if (kind === undefined) throw new Error(`a Python process sent a frame of the unknown kind ${frame[8]}`);
  if (kind === 'ok') return { kind, callId, micros, body };
  if (kind === 'skipped') return { kind };
  const content: unknown = JSON.parse(body.toString('utf8'));
  switch (kind) {
    case 'failed':
      return { kind, callId, micros, failure: content as HandlerFailure };
    case 'loadFailed':
      return { kind, failure: content as LoadFailure };
    case 'ready':
      return { kind };
  }
}

/** One row of an answer; `status` where the handler of a model set one. */
export interface RowOutput extends NodeOutput {
  readonly status?: number;
  waitedMs?: number;
  release?: (() => void) | undefined;
}

/** The outputs of an `ok` answer's rows. Values are views of the answer's buffer, which a single row has for itself. */
export function decodeOutputs(body: Buffer, rows: number): RowOutput[] {
  const outputs: RowOutput[] = [];
  let offset = rows * 8;
  for (let row = 0; row < rows; row += 1) {
    const metaEnd = offset + body.readUInt32LE(row * 8);
    const valueEnd = metaEnd + body.readUInt32LE(row * 8 + 4);
    const value = body.subarray(metaEnd, valueEnd);
    outputs.push(metaEnd === offset ? { value } : { value, ...readMeta(body.subarray(offset, metaEnd)) });
    offset = valueEnd;
  }
  const [only] = outputs;
  if (rows === 1 && only !== undefined) only.release = releaseOf(only.value);
  return outputs;
}

function readMeta(json: Buffer): Omit<RowOutput, 'value'> {
  return JSON.parse(json.toString('utf8')) as Omit<RowOutput, 'value'>;
}
