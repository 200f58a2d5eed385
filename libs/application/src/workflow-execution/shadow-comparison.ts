import { toTorchweaveError } from '@torchweave/domain';
import { webcrypto } from 'node:crypto';
import type { ShadowOutcome } from '../ports/telemetry.js';

/** What a request, or a copy of it, was answered, as far as it is compared: of a body nothing but its digest. */
export interface ComparedAnswer {
  /** The version that has answered. */
  readonly version: number;
  readonly status: number;
  /** ms. */
  readonly durationMs: number;
  /** Of an error, its code: its sentence names versions, and models of theirs. */
  readonly code?: string;
  /** Of the body, where it is compared and is not too large for that. */
  readonly digest?: Promise<string | undefined>;
}

/** bytes of the largest body whose digest is made: it is copied for that, within one turn of the event loop. */
const longestDigested = 8 * 1_048_576;

/** What an answer with this body was. The body is not read any more once this returns. */
export function answeredWith(version: number, body: Uint8Array, durationMs: number, compare: boolean): ComparedAnswer {
  return { version, status: 200, durationMs, ...(compare ? { digest: digestOf(body) } : {}) };
}

/** What an answer with this error was. */
export function failedWith(version: number, thrown: unknown, durationMs: number): ComparedAnswer {
  const { status, code } = toTorchweaveError(thrown);
  return { version, status, durationMs, code };
}

/** What became of a copy, beside what the client was answered; without that, or where bodies are too large, nothing is compared. */
export async function outcomeOf(copy: ComparedAnswer, original: ComparedAnswer | undefined): Promise<ShadowOutcome> {
  const hasFailed = copy.status >= 500;
  if (original === undefined) return hasFailed ? 'failed' : 'answered';
  if (copy.status !== original.status) return hasFailed ? 'failed' : 'different_status';
  if (copy.code !== original.code) return 'different_body';
  if (copy.code !== undefined) return 'same';
  const [mine, theirs] = await Promise.all([copy.digest, original.digest]);
  if (mine === undefined || theirs === undefined) return mine === theirs ? 'answered' : 'different_body';
  return mine === theirs ? 'same' : 'different_body';
}

/** In a thread of its own, of a copy of the bytes. */
async function digestOf(body: Uint8Array): Promise<string | undefined> {
  if (body.byteLength > longestDigested) return undefined;
  try {
    const digest = await webcrypto.subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>);
    return Buffer.from(digest).toString('hex');
  } catch {
    // Without the memory for it, say: then it is not compared. Nobody may wait for this, so it may not reject.
    return undefined;
  }
}
