import { readFile } from 'node:fs/promises';
import { fetch } from 'undici';
import { contentTypeOf } from '../client/read-prediction-input.js';
import { CliError } from '../output/cli-error.js';
import type { SentRequest } from './request-relay.js';

/** How a request that was sent again was answered. */
export interface RepeatedAnswer {
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly body: Uint8Array;
}

/**
 * A request to a workflow with a file's bytes.
 *
 * @throws CliError for a file that cannot be read.
 */
export async function requestOf(file: string, workflow: string): Promise<SentRequest> {
  try {
    const path = `/wfpredict/${encodeURIComponent(workflow)}`;
    return { path, headers: { 'content-type': contentTypeOf(file) }, body: await readFile(file) };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new CliError(`The file of --repeat, ${file}, cannot be read (${reason}).`, { cause: error });
  }
}

/**
 * Sends a request, and reads the whole answer.
 *
 * @throws what the connection fails with, or the signal's reason.
 */
export async function sendAgain(
  inference: string,
  { path, headers, body }: SentRequest,
  signal: AbortSignal,
): Promise<RepeatedAnswer> {
  const startedAt = performance.now();
  const response = await fetch(new URL(path, inference), { method: 'POST', headers, body, signal });
  const answer = new Uint8Array(await response.arrayBuffer());
  return { path, status: response.status, ms: performance.now() - startedAt, body: answer };
}
