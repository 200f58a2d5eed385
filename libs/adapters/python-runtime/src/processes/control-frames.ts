import type { Confinement } from '../options.js';
import type { ProcessSpec } from './process-spec.js';

/** What the supervisor is told. */
export type ControlRequest =
  | { readonly op: 'spawn'; readonly process: string; readonly path: string; readonly spec: ProcessSpec }
  | { readonly op: 'kill'; readonly process: string }
  | { readonly op: 'socketDirectory'; readonly path: string }
  | { readonly op: 'shutdown' };

/** What a process printed or logged. */
export interface OutputEvent {
  readonly event: 'output';
  readonly process: string;
  readonly stream: 'stdout' | 'stderr' | 'logging';
  readonly text: string;
  readonly node?: string | null;
  /** The id of the request that was executed; none between two calls, and none in a batch of several. */
  readonly request?: string | null;
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | null;
}

/** What the supervisor tells. */
export type ControlEvent =
  | { readonly event: 'started'; readonly pid: number; readonly version: string }
  /** Instead of `started`: processes cannot be confined as they are to be. */
  | { readonly event: 'refused'; readonly what: keyof Confinement; readonly reason: string }
  | { readonly event: 'spawned'; readonly process: string; readonly path: string; readonly pid: number }
  | { readonly event: 'spawnFailed'; readonly process: string; readonly reason: string; readonly code?: string }
  | { readonly event: 'exited'; readonly process: string; readonly code: number | null; readonly signal: number | null }
  | OutputEvent;

/** A control frame: JSON behind its length in bytes, little endian. */
export function encodeControl(request: ControlRequest): Buffer {
  const json = Buffer.from(JSON.stringify(request));
  const frame = Buffer.allocUnsafe(4 + json.length);
  frame.writeUInt32LE(json.length, 0);
  json.copy(frame, 4);
  return frame;
}

/** Cuts what the supervisor sends into events. */
export class ControlDecoder {
  private received: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): ControlEvent[] {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const events: ControlEvent[] = [];
    while (this.received.length >= 4) {
      const end = 4 + this.received.readUInt32LE(0);
      if (this.received.length < end) break;
      events.push(JSON.parse(this.received.toString('utf8', 4, end)) as ControlEvent);
      this.received = this.received.subarray(end);
    }
    return events;
  }
}
