import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger, type InferenceOptions } from '@torchweave/application';
import {
  findTorchServe,
  startTorchServe,
  type TorchServeOptions,
  type TorchServeProcess,
} from '@torchweave/torchserve-tool';
import { TorchServeModelServer, type TorchServeModelServerOptions } from '@torchweave/torchserve-model-server';
import { describe, it } from 'vitest';

/** A TorchServe of the test's own, and a client of it. */
export interface TestTorchServe {
  readonly process: TorchServeProcess;
  readonly modelStore: string;
  readonly server: TorchServeModelServer;
  dispose(): Promise<void>;
}

/** Tests that need a TorchServe: skipped where none is installed, with the reason in their name; with CI=true they fail. */
export function describeOnTorchServe(name: string, tests: () => void): void {
  const installed = findTorchServe();
  if (installed.found) {
    describe(name, { timeout: 60_000 }, tests);
  } else if (process.env['CI'] === 'true') {
    it(`${name}: TorchServe is installed`, () => {
      throw new Error(installed.reason);
    });
  } else {
    describe.skip(`${name} (skipped: ${installed.reason})`, tests);
  }
}

/** Starts a TorchServe with an empty model store. */
export async function startTestTorchServe(
  options: Partial<TorchServeOptions> = {},
  clientOptions: (started: TorchServeProcess) => Partial<TorchServeModelServerOptions> = () => ({}),
): Promise<TestTorchServe> {
  const modelStore = await mkdtemp(join(tmpdir(), 'torchweave-models-'));
  const started = await startTorchServe({ modelStore, quietLogs: true, ...options });
  const server = clientOf(started, clientOptions(started));
  return {
    process: started,
    modelStore,
    server,
    async dispose() {
      await server.close();
      await started.stop();
      await rm(modelStore, { recursive: true, force: true });
    },
  };
}

/** Another client of a TorchServe that runs. */
export function clientOf(
  { managementUrl, inferenceUrl }: TorchServeProcess,
  options: Partial<TorchServeModelServerOptions> = {},
): TorchServeModelServer {
  return new TorchServeModelServer({ managementUrl, inferenceUrl, logger: silentLogger, ...options });
}

/** The options of an inference that has all the time it needs. */
export function inferenceOptions(options: Partial<InferenceOptions> = {}): InferenceOptions {
  return { requestId: 'request-1', headers: {}, timeoutMs: 30_000, signal: patience(), ...options };
}

/** The signal of a call that nobody gives up. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(60_000);
}
