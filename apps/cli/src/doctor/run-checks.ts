import { isTorchweaveError, toTorchweaveError } from '@torchweave/domain';
import type { ExaminedSettings } from '@torchweave/platform';
import { checkExposure } from './check-exposure.js';
import { checkFolders } from './check-folders.js';
import { checkOpenFiles } from './check-open-files.js';
import { checkPorts } from './check-ports.js';
import { checkPython } from './check-python.js';
import { checkRedis } from './check-redis.js';
import { checkSettings } from './check-settings.js';
import { checkTls } from './check-tls.js';
import { probe } from './probe.js';
import { checkModelServers, failure, type Finding } from '@torchweave/composition';

/**
 * Checks all that a server with these settings needs; where a setting is bad, with its default.
 *
 * @param path the PATH of the environment.
 */
export async function runChecks(examined: ExaminedSettings, path: string): Promise<Finding[]> {
  const { settings } = examined;
  const checks: Readonly<Record<string, () => Finding[] | Promise<Finding[]>>> = {
    settings: () => checkSettings(examined),
    python: async () => [await checkPython(settings.python)],
    redis: () => checkRedis(settings, path),
    'model server': () => checkModelServers(settings, probe),
    folders: () => checkFolders(settings),
    ports: () => checkPorts(settings),
    exposure: () => checkExposure(settings),
    tls: () => checkTls(settings),
    'open files': () => checkOpenFiles(settings),
  };
  const found = Object.entries(checks).map(async ([subject, check]) => {
    try {
      return await check();
    } catch (error) {
      // One that cannot be made says so; the others are made all the same.
      const reason = toTorchweaveError(error);
      const told = isTorchweaveError(reason, 'internal') ? reason.data.reason : reason.message;
      return [failure(subject, `This could not be checked: ${told}`, 'Run it again, and look at what it names.')];
    }
  });
  return (await Promise.all(found)).flat();
}
