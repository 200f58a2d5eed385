import { freePort, isFree } from '@torchweave/testing/process';

import type { TorchServeOptions } from './options.js';

/** The five ports of one TorchServe, all on loopback. */
export interface TorchServePorts {
  readonly inference: number;
  readonly management: number;
  readonly metrics: number;
  readonly grpcInference: number;
  readonly grpcManagement: number;
}

/**
 * The ports asked for, and free ones for the rest.
 * Rejects when a port asked for is taken: `/ping` would otherwise be answered by whoever holds it.
 */
export async function choosePorts(options: TorchServeOptions): Promise<TorchServePorts> {
  const choose = async (wanted: number | undefined): Promise<number> => {
    if (wanted === undefined) return freePort();
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
