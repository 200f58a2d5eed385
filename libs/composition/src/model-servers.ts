import { ModelServerFleet } from '@torchweave/application';
import type { ModelServerHere, ModelServerParts, NamedProcesses } from './model-server-kinds/kind.js';
import { assertCanMeet, modelServerFaults, readModelServers } from './model-server-kinds/kinds.js';
import { NamedModelServers, type ModelServerName } from './named-model-servers.js';

/** The model servers of an installation, those that are there now and those that a name may bring. */
export interface ModelServers {
  readonly fleet: ModelServerFleet;
  readonly names: NamedModelServers;
  /** Of those that run here, by model. */
  readonly processes: () => readonly NamedProcesses[];
}

/**
 * The model servers of the settings; in one process the local one, where none is named.
 *
 * @param isOneProcess true where worker and gateway are one process, and so can share a model server inside it.
 * @throws TorchweaveError `configurationInvalid` for one that is of no kind, and when worker and gateway are apart and have no model
 * server to meet at.
 */
export function createModelServers(parts: ModelServerParts, isOneProcess: boolean): ModelServers {
  const { settings, logger } = parts;
  const [fault] = modelServerFaults(settings);
  if (fault !== undefined) throw fault;
  if (!isOneProcess) assertCanMeet(settings);
  const servers = new Set<ModelServerHere>();
  const names: ModelServerName[] = [];
  for (const [index, read] of readModelServers(settings).entries()) {
    const created = read.create(parts, index + 1);
    if ('server' in created) servers.add(created.server);
    else names.push(created.name);
  }
  const fleet = new ModelServerFleet([...servers], logger);
  return {
    fleet,
    names: new NamedModelServers(fleet, names, logger),
    processes: () => [...servers].flatMap(({ processes = [] }) => processes),
  };
}
