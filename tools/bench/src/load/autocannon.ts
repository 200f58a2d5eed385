import { timeoutSeconds, type LoadGenerator, type LoadPlan, type LoadResult } from './load.js';

interface AutocannonRequest {
  path: string;
}

interface AutocannonOptions {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly timeout: number;
  readonly method: string;
  readonly body?: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests?: readonly { setupRequest(request: AutocannonRequest): AutocannonRequest }[];
}

/** The part of autocannon's result that is read here. */
export interface AutocannonResult {
  /** Seconds. */
  readonly duration: number;
  readonly '2xx': number;
  readonly non2xx: number;
  /** Connection errors and timeouts. */
  readonly errors: number;
  readonly timeouts: number;
  /** ms. */
  readonly latency: { readonly p50: number; readonly p99: number };
}

type Autocannon = (options: AutocannonOptions) => Promise<AutocannonResult>;

/** autocannon, when it is installed. It runs in this process, and counts latency in whole ms. */
export async function findAutocannon(): Promise<LoadGenerator | undefined> {
  // Not a literal: the benchmark compiles and runs without the package.
  const name = 'autocannon';
  try {
    const { default: autocannon } = (await import(name)) as { default: Autocannon };
    return {
      name: 'autocannon (latency in whole ms)',
      run: async (plan) => readAutocannon(await autocannon(optionsOf(plan))),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Puts autocannon's result into the benchmark's words. */
export function readAutocannon(result: AutocannonResult): LoadResult {
  const isEmpty = result['2xx'] + result.non2xx === 0;
  return {
    perSecond: result['2xx'] / result.duration,
    succeeded: result['2xx'],
    p50Ms: isEmpty ? NaN : result.latency.p50,
    p99Ms: isEmpty ? NaN : result.latency.p99,
    errors: { status: result.non2xx, socket: result.errors - result.timeouts, timeout: result.timeouts },
  };
}

function optionsOf({ url, clients, seconds, method, bodyBytes, below }: LoadPlan): AutocannonOptions {
  const { origin, pathname, search } = new URL(url);
  const path = decodeURI(pathname) + search;
  const withNumber = (request: AutocannonRequest): AutocannonRequest => ({
    ...request,
    path: path.replace('{n}', String(Math.floor(Math.random() * (below ?? 0)))),
  });
  return {
    url: below === undefined ? url : origin,
    connections: clients,
    duration: seconds,
    timeout: timeoutSeconds,
    method,
    headers: bodyBytes > 0 ? { 'content-type': 'application/octet-stream' } : {},
    ...(bodyBytes > 0 ? { body: Buffer.alloc(bodyBytes, 'x') } : {}),
    ...(below === undefined ? {} : { requests: [{ setupRequest: withNumber }] }),
  };
}
