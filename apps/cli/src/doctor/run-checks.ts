import type { Settings } from '@torchweave/platform';
import { checkFolders } from './check-folders.js';
import { checkModelServers } from './check-model-servers.js';
import { checkPorts } from './check-ports.js';
import { checkPython } from './check-python.js';
import { checkRedis } from './check-redis.js';
import type { Finding } from './finding.js';

/**
 * Checks all that a server with these settings needs.
 *
 * @param path the PATH of the environment.
 */
export async function runChecks(settings: Settings, path: string): Promise<Finding[]> {
  const found = await Promise.all([
    checkPython(settings.python).then((finding) => [finding]),
    checkRedis(settings.redisUrl, path),
    checkModelServers(settings.modelServers, settings.modelServerKeyFile),
    checkFolders(settings),
    checkPorts(settings),
  ]);
  return found.flat();
}
