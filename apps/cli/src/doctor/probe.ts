import { fetch } from 'undici';
import { fetchFailureReason } from '../client/fetch-failure.js';

/** An answer to a probe, of whatever server. */
export interface ProbeAnswer {
  readonly status: number;
  /** The JSON that was sent; undefined for anything else. */
  readonly json: unknown;
}

const timeoutMs = 5_000;

/**
 * Asks a server something that changes nothing.
 *
 * @throws Error that says why there is no answer.
 */
export async function probe(
  method: 'GET' | 'POST' | 'OPTIONS',
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ProbeAnswer> {
  try {
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    return { status: response.status, json: parse(text) };
  } catch (error) {
    throw new Error(fetchFailureReason(error), { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
