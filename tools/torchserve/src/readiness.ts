import { setTimeout as sleep } from 'node:timers/promises';

import { readKeys, type TorchServeKeys } from './keys.js';
import type { LaunchedTorchServe } from './launch.js';

const pollMs = 100;
const pingTimeoutMs = 2_000;

/** What a start waits for. */
export interface ReadinessOptions {
  readonly inferenceUrl: string;
  readonly tokenAuth: boolean;
  readonly timeoutMs: number;
}

/** Polls until `/ping` answers 200. Resolves to the keys with token authorization; rejects when the server ends or is late. */
export async function untilReady(
  server: LaunchedTorchServe,
  options: ReadinessOptions,
): Promise<TorchServeKeys | undefined> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    const exit = server.exit();
    if (exit !== undefined) throw new Error(`TorchServe ended with ${exit} before it was ready.`);
    const keys = options.tokenAuth ? readKeys(server.folder.keyFile) : undefined;
    if ((keys || !options.tokenAuth) && (await pings(options.inferenceUrl, keys))) return keys;
    if (Date.now() >= deadline) throw new Error(`TorchServe was not ready after ${options.timeoutMs} ms.`);
    await sleep(pollMs);
  }
}

async function pings(inferenceUrl: string, keys: TorchServeKeys | undefined): Promise<boolean> {
  try {
    const answer = await fetch(`${inferenceUrl}/ping`, {
      headers: keys ? { authorization: `Bearer ${keys.inference}` } : {},
      signal: AbortSignal.timeout(pingTimeoutMs),
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false; // not listening yet
  }
}
