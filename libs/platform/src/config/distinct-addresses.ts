import { TorchweaveError } from '@torchweave/domain';
import { listenAddress, type ListenAddress } from './listen-address.js';
import type { Settings } from './settings/settings.js';

type Addresses = Pick<
  Settings,
  'managementAddress' | 'managementPort' | 'inferenceAddress' | 'inferencePort' | 'metricsAddress' | 'metricsPort'
>;

const everywhere = new Set(['0.0.0.0', '::', '0:0:0:0:0:0:0:0']);
const plain = (host: string): string => (host.toLowerCase() === 'localhost' ? '127.0.0.1' : host.toLowerCase());

/** Whether two servers of one process could not both listen. Port 0 is another one each time. */
function collide(a: ListenAddress, b: ListenAddress): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return plain(a.host) === plain(b.host) || everywhere.has(a.host) || everywhere.has(b.host);
}

const rule = (other: string, address: string): string =>
  `another address than ${other} (${address}), for they differ here: whoever may register a workflow may run code, so management ` +
  'has a port of its own. Change it in the file, or give --management-port, --inference-port or --metrics-port';

/**
 * The first address of a process with all three servers that another one has already; undefined where they differ. TorchServe
 * serves its APIs together on one address that is given twice, as KServe gives it.
 */
export function sharedAddress(settings: Addresses): TorchweaveError<'configurationInvalid'> | undefined {
  const { metricsAddress, metricsPort } = settings;
  const inference = listenAddress(settings.inferenceAddress, settings.inferencePort);
  const management = listenAddress(settings.managementAddress, settings.managementPort);
  const given = [
    { setting: 'inference_address', at: inference },
    { setting: 'management_address', at: management },
    // By default metrics go without a port that is taken.
    ...(metricsPort === 'none' || (metricsAddress === undefined && metricsPort === undefined)
      ? []
      : [{ setting: 'metrics_address', at: listenAddress(metricsAddress ?? 'http://127.0.0.1:8082', metricsPort) }]),
  ];
  for (const [position, { setting, at }] of given.entries()) {
    const earlier = given.slice(0, position).find((other) => collide(other.at, at));
    if (earlier === undefined) continue;
    const value = `${at.host}:${at.port}`;
    const other = `${earlier.at.host}:${earlier.at.port}`;
    return new TorchweaveError('configurationInvalid', { setting, value, rule: rule(earlier.setting, other) });
  }
  return undefined;
}
