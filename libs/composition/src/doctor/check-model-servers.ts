import type { Settings } from '@torchweave/platform';
import { readModelServers } from '../model-server-kinds/kinds.js';
import { ok, type Finding } from './finding.js';
import type { Probe } from './probe.js';

/** Whether each model server is there and registers models. */
export async function checkModelServers(settings: Settings, probe: Probe): Promise<Finding[]> {
  const found = await Promise.all(readModelServers(settings).map((server) => server.check(settings, probe)));
  const findings = found.flat();
  return findings.length > 0 ? findings : [ok('model server', 'None is given: "torchweave start" runs models itself.')];
}
