import { createServer } from 'node:net';

import type { TorchServeOptions } from './options.js';

/** The five ports of one TorchServe, all on loopback. */
export interface TorchServePorts {
  readonly inference: number;
  readonly management: number;
  readonly metrics: number;
  readonly grpcInference: number;
  readonly grpcManagement: number;
}

// Below Linux's ephemeral ports (from 32768): no outgoing connection takes one in the seconds until the JVM binds it.
const lowestPick = 12_000;
const highestPick = 32_000;
const attempts = 100;
const picked = new Set<number>();

/**
 * The ports asked for, and free ones for the rest.
 * Rejects when a port asked for is taken: `/ping` would otherwise be answered by whoever holds it.
 */
export async function choosePorts(options: TorchServeOptions): Promise<TorchServePorts> {
  const choose = async (wanted: number | undefined): Promise<number> => {
    if (wanted === undefined) return pickFreePort();
    if (await isFree(wanted)) return wanted;
    throw new Error(`Port ${wanted} is in use: TorchServe cannot have it.`);
  };
  return {
    inference: await choose(options.inferencePort),
    management: await choose(options.managementPort),
    metrics: await choose(options.metricsPort),
    grpcInference: await choose(options.grpcInferencePort),
    grpcManagement: await choose(options.grpcManagementPort),
  };
}

async function pickFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = lowestPick + Math.floor(Math.random() * (highestPick - lowestPick));
    if (picked.has(port)) continue;
    picked.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${lowestPick} and ${highestPick}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
