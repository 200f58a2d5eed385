import type { CatalogueArea } from './entry.js';

/** What keeps a process from starting. The data that each carries, by code. */
export interface StartErrors {
  configurationInvalid: { setting: string; value: string; rule: string };
  redisUnusable: { address: string; reason: string; remedy: string };
  embeddedRedisMissing: { reason: string };
  embeddedRedisFailed: { reason: string; exitCode: number };
  dataDirectoryInUse: { directory: string };
  addressTaken: { host: string; port: number; setting: string };
}

export const startErrors: CatalogueArea<StartErrors> = {
  configurationInvalid: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) => `Setting ${d.setting} must be ${d.rule}, not "${d.value}".`,
  },
  redisUnusable: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) => `Redis at ${d.address} cannot be used: ${d.reason}. ${d.remedy}`,
  },
  embeddedRedisMissing: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) =>
      'There is no Redis: give --redis-url or REDIS_URL, or install redis-server or valkey-server. Downloading Valkey failed: ' +
      d.reason,
  },
  embeddedRedisFailed: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) => `The embedded Redis does not start: ${d.reason}`,
  },
  dataDirectoryInUse: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) =>
      `The data folder ${d.directory} is used by another torchweave. Stop that one or give another --data-dir.`,
  },
  addressTaken: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) =>
      `Port ${d.port} of ${d.host} is taken by another process. End that process or choose another port with ${d.setting}.`,
  },
};
