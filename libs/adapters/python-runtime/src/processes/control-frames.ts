import { StringDecoder } from 'node:string_decoder';
import type { Confinement } from '../options.js';
import type { ProcessSpec } from './process-spec.js';

/** What the supervisor is told. */
export type ControlRequest =
  | { readonly op: 'spawn'; readonly process: string; readonly path: string; readonly spec: ProcessSpec }
  | { readonly op: 'kill'; readonly process: string }
  | { readonly op: 'shutdown' };

/** What a process printed or logged. */
export interface OutputEvent {
  readonly event: 'output';
  readonly process: string;
  readonly stream: 'stdout' | 'stderr' | 'logging';
  readonly text: string;
  /** The call that was executed; none between two calls. */
  readonly call?: number | null;
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | null;
}

/** What the supervisor tells. */
export type ControlEvent =
  | { readonly event: 'started'; readonly pid: number; readonly version: string }
  /** A `kill` has come. */
  | { readonly event: 'heard' }
  /** Instead of `started`: processes cannot be confined as they are to be. */
  | { readonly event: 'refused'; readonly what: keyof Confinement; readonly reason: string }
  | { readonly event: 'spawned'; readonly process: string; readonly path: string; readonly pid: number }
  | { readonly event: 'spawnFailed'; readonly process: string; readonly reason: string; readonly code?: string }
  | { readonly event: 'exited'; readonly process: string; readonly code: number | null; readonly signal: number | null }
  | OutputEvent;

/** A control frame: JSON, a line each. */
export function encodeControl(request: ControlRequest): string {
  return `${JSON.stringify(request)}\n`;
}

/** Characters of a frame: the longest line of output, however it is escaped. */
const mostFrameLength = 1_048_576;

/** Cuts what the supervisor sends into events. What is no event is passed over. */
export class ControlDecoder {
  private readonly text = new StringDecoder('utf8');
  private received = '';

  /** @throws Error when it is not the supervisor that sends. */
  push(chunk: Buffer): ControlEvent[] {
    const lines = (this.received + this.text.write(chunk)).split('\n');
    this.received = lines.pop() ?? '';
    if (this.received.length > mostFrameLength) throw new Error('the supervisor sent a frame that is too large');
    return lines.flatMap((line) => readEvent(line) ?? []);
  }
}

function readEvent(line: string): ControlEvent | undefined {
  try {
    const event = JSON.parse(line) as ControlEvent | null;
    return event !== null && typeof event === 'object' && typeof event.event === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}
