import { silentLogger } from '@torchweave/application';
import { loadSettings } from '@torchweave/platform';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createModelServers, type ModelServers } from './model-servers.js';

const dataDir = mkdtempSync(join(tmpdir(), 'torchweave-servers-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function created(modelServers: readonly string[], isOneProcess = true): ModelServers {
  const { settings } = loadSettings({ flags: { modelServers, dataDir }, environment: {} });
  const unpack = (): Promise<never> => Promise.reject(new Error('nothing is unpacked'));
  const python = { python: 'python3', logger: silentLogger, serverVersion: 'test', environment: {} };
  return createModelServers({ settings, unpack, python, logger: silentLogger }, isOneProcess);
}

describe('the model servers of the settings', () => {
  it.each([
    [[], [['local', 'local']]],
    [['local', 'local'], [['local', 'local']]],
    [
      ['torchserve=http://10.0.0.1:1,http://10.0.0.1:2', 'local', 'torchserve=http://10.0.0.2:1/ts/,http://10.0.0.2:2'],
      [
        ['torchserve-1', 'http://10.0.0.1:1'],
        ['local', 'local'],
        ['torchserve-3', 'http://10.0.0.2:1/ts'],
      ],
    ],
    // A name with any number of addresses, which are looked up later.
    [['torchserve=http://models:1,http://models:2'], []],
  ])('%j are these, with what answers call them', async (given, expected) => {
    const { fleet, processes } = created(given);
    expect(fleet.servers.map(({ name, endpoint }) => [name, endpoint])).toEqual(expected);
    expect(processes()).toEqual([]);
    await fleet.close();
  });

  it('are refused where one of them is of no kind, or lives in a process that the gateway is not in', () => {
    expect(() => created(['tensorflow=http://a'])).toThrow(/must be local or torchserve=/);
    expect(() => created(['local'], false)).toThrow(/must be torchserve=.*, at least once, not "local"/);
    expect(created(['torchserve=http://10.0.0.1:1,http://10.0.0.1:2'], false).fleet.servers).toHaveLength(1);
  });
});
