import { fetch } from 'undici';
import { fetchFailureReason } from '../client/fetch-failure.js';

/** An answer to a probe, of whatever server. */
export interface ProbeAnswer {
  readonly status: number;
  /** The JSON that was sent; undefined for anything else. */
  readonly json: unknown;
  /** As it was sent, and no more than 4 MiB of it. */
  readonly text: string;
}

const timeoutMs = 5_000;
const mostBytes = 4_194_304;

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
    const text = await readText(response.body);
    return { status: response.status, json: parse(text), text };
  } catch (error) {
    throw new Error(fetchFailureReason(error), { cause: error });
  }
}

/** Whatever answers there may send without an end. */
async function readText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > mostBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, mostBytes);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
