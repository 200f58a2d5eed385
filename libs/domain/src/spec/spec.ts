import type { Adjacency } from '../dag/dag.js';
import type { ProbeSpec } from '../probe/probe-spec.js';

/** The numbers that a spec may give for all models (`models.<setting>`) or for one (`models.<name>.<setting>`). */
export interface NodeSettings {
  /** Workers that are kept; at least one is started. */
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  /** ms that a model server waits to fill a batch. */
  readonly maxBatchDelay: number;
  /** Tries after the first. */
  readonly retryAttempts: number;
  /** ms that each attempt may take. */
  readonly timeoutMs: number;
}

/** TorchServe 0.12's defaults (`ensemble/WorkFlow.java`). */
export const defaultNodeSettings: NodeSettings = {
  minWorkers: 1,
  maxWorkers: 1,
  batchSize: 1,
  maxBatchDelay: 50,
  retryAttempts: 1,
  timeoutMs: 10_000,
};

/** One entry of `models`, globals already applied. */
export interface ModelSpec extends NodeSettings {
  readonly name: string;
  /** A file of the model store or a URL, given to the model server as it is. */
  readonly url: string;
}

/** A checked spec file. */
export interface WorkflowSpec {
  /** The settings of `models` itself: what describe answers, and what function nodes take retries and timeout from. */
  readonly globals: NodeSettings;
  readonly models: readonly ModelSpec[];
  readonly dag: Adjacency;
  readonly probe?: ProbeSpec;
}

/** How a spec spells each setting, and the least and the most that it may be. */
export const settingKeys = {
  'min-workers': { field: 'minWorkers', least: 0, most: 1_024 },
  'max-workers': { field: 'maxWorkers', least: 1, most: 1_024 },
  'batch-size': { field: 'batchSize', least: 1, most: 1_024 },
  // A day: a request's own time is over long before.
  'max-batch-delay': { field: 'maxBatchDelay', least: 0, most: 86_400_000 },
  'retry-attempts': { field: 'retryAttempts', least: 0, most: 100 },
  // The longest that a timer waits, and TorchServe's largest number.
  'timeout-ms': { field: 'timeoutMs', least: 1, most: 2_147_483_647 },
} as const satisfies Record<string, { field: keyof NodeSettings; least: number; most: number }>;

export type SettingKey = keyof typeof settingKeys;

export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settingKeys, key);

/**
 * The first setting that is out of bounds, told in a sentence; undefined where all are within. Specs are checked when they are read: this
 * is for what was stored before a bound was there.
 */
export function settingFault(settings: Partial<NodeSettings>): string | undefined {
  for (const [key, { field, least, most }] of Object.entries(settingKeys)) {
    const value = settings[field];
    if (value === undefined || isWithin(value, least, most)) continue;
    return `${key} must be ${boundsOf(least, most)}, not ${value}`;
  }
  return undefined;
}

/** True for a whole number within the bounds. */
export const isWithin = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

/** The rule as sentences tell it. */
export const boundsOf = (least: number, most: number): string => `a whole number from ${least} to ${most}`;
