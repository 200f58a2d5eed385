import { TorchweaveError } from '@torchweave/domain';
import type { Settings } from '@torchweave/platform';
import type { ProcessLimits } from '@torchweave/python-runtime';
import { geteuid } from 'node:process';

/**
 * What the settings let function and local model processes use.
 *
 * @throws TorchweaveError `configurationInvalid` for a limit that the system would not enforce.
 */
export function processLimits(settings: Settings, isRoot = geteuid?.() === 0): ProcessLimits {
  const { processMemory, processCount, processOpenFiles, processCpuSeconds, processUser } = settings;
  if (processCount !== undefined && isRoot && (processUser ?? 'root') === 'root') {
    const rule = 'set together with --process-user where the server is root, whose processes the system does not count';
    throw new TorchweaveError('configurationInvalid', { setting: 'process_count', value: String(processCount), rule });
  }
  return {
    ...(processMemory === undefined ? {} : { addressSpaceBytes: processMemory }),
    ...(processCount === undefined ? {} : { processes: processCount }),
    ...(processOpenFiles === undefined ? {} : { openFiles: processOpenFiles }),
    ...(processCpuSeconds === undefined ? {} : { cpuSeconds: processCpuSeconds }),
  };
}
