import { isTorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../load-settings.js';
import type { Setting } from './setting.js';
import { settings, type SettingName } from './settings.js';

const names = Object.keys(settings) as SettingName[];

/** What is wrong for any setting, or for most. */
const suspects: readonly unknown[] = [
  '',
  ' ',
  'NaN',
  'Infinity',
  '-Infinity',
  '-1',
  '0',
  '1.5',
  '0.5',
  '1e3',
  '0x10',
  '+1',
  '1_000',
  '١',
  '9007199254740993',
  '99999999999999999999999',
  `1${'0'.repeat(400)}`,
  'yes',
  'null',
  'undefined',
  '\u0000',
  '\u001b[2J',
  'http://',
  '127.0.0.1:8080',
  'ftp://127.0.0.1',
  'redis://',
  'x'.repeat(100_000),
  NaN,
  Infinity,
  -1,
  1.5,
  1e300,
  null,
  {},
  [],
  [1, {}],
  true,
  Symbol('x'),
];

/** Words that the library would choose. */
const libraryWords = /invalid|expected|received|too (small|big)|unrecognized|nonoptional|string must|regex|pattern/i;

function messageOf(name: SettingName, given: unknown): string | undefined {
  try {
    loadSettings({ flags: { [name]: given }, environment: {} });
    return undefined;
  } catch (error) {
    if (!isTorchweaveError(error, 'configurationInvalid')) throw error;
    return error.message;
  }
}

describe.each(names)('%s', (name) => {
  it('is refused in a sentence of ours, whatever is given', () => {
    for (const suspect of suspects) {
      const message = messageOf(name, suspect);
      if (message === undefined) continue;
      expect(message).toMatch(/^Setting \S+ must be .+, not ".*"\.$/);
      expect(message.replace(/, not ".*"\.$/, '')).not.toMatch(libraryWords);
      expect(message.length).toBeLessThan(700);
    }
  });

  it('gives its rule as its own, never as words of the library', () => {
    for (const suspect of suspects) {
      const result = (settings[name] as Setting).schema.safeParse(suspect);
      if (!result.success) expect(result.error.issues.map(({ code }) => code)).toEqual(['custom']);
    }
  });
});

/** The least and the most of every number. */
const bounds: Readonly<Partial<Record<SettingName, readonly [least: number, most: number]>>> = {
  managementPort: [0, 65_535],
  inferencePort: [0, 65_535],
  metricsPort: [0, 65_535],
  processMemory: [1, Number.MAX_SAFE_INTEGER],
  processCount: [1, 4_194_304],
  processOpenFiles: [16, 1_048_576],
  processCpuSeconds: [2, 2_000_000],
  maxRequestSize: [1, 2_147_483_647],
  maxResponseSize: [1, 2_147_483_647],
  defaultResponseTimeout: [1, 2_000_000],
  defaultStartupTimeout: [1, 2_000_000],
  tokenExpirationMin: [1, 5_256_000],
  maxUrlLength: [1, 16_777_216],
  maxHeaderSize: [1, 16_777_216],
  maxHeaderCount: [1, 10_000],
  maxConnections: [1, 1_000_000],
  requestHeaderTimeout: [1, 2_000_000],
  requestTimeout: [1, 2_000_000],
  keepAliveTimeout: [1, 2_000_000],
  maxInFlight: [1, 1_000_000],
  maxWaitingOperations: [1, 1_000_000],
  maxUploads: [1, 1_000_000],
  maxArchiveSize: [1, 1_099_511_627_776],
  maxModelProcesses: [1, 1_024],
  jobQueueSize: [1, 1_000_000],
  responseSendTimeout: [1, 2_000_000],
  maxBodyBytes: [1, 1_099_511_627_776],
  operationWaitMs: [1, 2_000_000_000],
  jobConcurrency: [1, 1_024],
  jobLockMs: [100, 2_000_000_000],
  gatewayLeaseMs: [100, 2_000_000_000],
  keepSlowerThan: [1, 2_000_000_000],
  otlpTimeoutMs: [1, 2_000_000_000],
  otlpTracesTimeoutMs: [1, 2_000_000_000],
  otelScheduleDelayMs: [1, 2_000_000_000],
  otelMaxQueueSize: [1, 100_000],
};

describe('numbers', () => {
  it('have bounds, all of them', () => {
    const numbers = names.filter((name) => (settings[name] as Setting).schema.safeParse('1000').data === 1000);
    expect(numbers.sort()).toEqual(Object.keys(bounds).sort());
  });

  it.each(Object.entries(bounds))('%s is taken at its bounds, and refused one beyond with the bound', (name, bound) => {
    const setting = name as SettingName;
    for (const good of bound) expect(messageOf(setting, String(good))).toBeUndefined();
    const [least, most] = bound;
    for (const bad of [least - 1, most + 1]) {
      expect(messageOf(setting, String(bad))).toContain(`from ${least} to ${most}`);
    }
  });
});
