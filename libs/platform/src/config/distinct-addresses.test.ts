import { describe, expect, it } from 'vitest';
import { sharedAddress } from './distinct-addresses.js';
import { loadSettings } from './load-settings.js';
import type { SettingName } from './settings/settings.js';

const shared = (flags: Partial<Record<SettingName, string>>): string | undefined =>
  sharedAddress(loadSettings({ flags, environment: {} }).settings)?.message;

describe('sharedAddress', () => {
  it.each([
    [{}],
    [{ managementPort: '0', inferencePort: '0', metricsPort: '0' }],
    [{ inferenceAddress: 'http://127.0.0.2:8081' }],
    [{ inferenceAddress: 'http://127.0.0.1:8082' }],
    [{ inferencePort: '8082', metricsPort: 'none' }],
  ])('has nothing against %j', (flags) => {
    expect(shared(flags)).toBeUndefined();
  });

  it.each([
    [{ inferenceAddress: 'http://0.0.0.0:8085', managementAddress: 'http://0.0.0.0:8085' }, 'management_address'],
    [{ inferenceAddress: 'http://0.0.0.0:8081' }, 'management_address'],
    [{ inferenceAddress: 'http://localhost:8081' }, 'management_address'],
    [{ managementPort: '8080' }, 'management_address'],
    [{ metricsPort: '8080' }, 'metrics_address'],
    [{ metricsAddress: 'http://[::]:8081' }, 'metrics_address'],
  ])('tells of %j which address is to change, and what to do', (flags, setting) => {
    expect(shared(flags)).toMatch(new RegExp(`^Setting ${setting} must be another address than .*differ.*-port`));
  });
});
