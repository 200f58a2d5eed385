import { TorchweaveError } from '@torchweave/domain';
import { readFileSync } from 'node:fs';
import { parseProperties } from './properties.js';
import { settings, type Setting, type SettingName, type Settings } from './settings.js';

/** Where settings come from. Each app hands its own environment in, once. */
export interface SettingSources {
  /** Values of flags by setting name. */
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a TorchServe `config.properties` (`--ts-config`, or TS_CONFIG_FILE). */
  readonly tsConfig?: string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Keys of the file that have no meaning here, to be told once. */
  readonly unknownKeys: readonly string[];
}

function readFile(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'));
  } catch (error) {
    const rule = `a readable file (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`;
    throw new TorchweaveError('configurationInvalid', { setting: 'ts-config', value: path, rule }, { cause: error });
  }
}

function lookUp(name: SettingName, sources: SettingSources, file: Map<string, string>): unknown {
  const setting: Setting = settings[name];
  const flag = sources.flags[name];
  if (flag !== undefined) return flag;
  if (setting.variable !== undefined && sources.environment[setting.variable] !== undefined) {
    return sources.environment[setting.variable];
  }
  if (setting.property === undefined) return undefined;
  const isOpen = file.get('enable_envvars_config') === 'true';
  const variable = isOpen ? sources.environment[`TS_${setting.property.toUpperCase()}`] : undefined;
  return variable ?? file.get(setting.property);
}

function check(name: SettingName, given: unknown): unknown {
  const setting: Setting = settings[name];
  const result = setting.schema.safeParse(given);
  if (result.success) return result.data;
  throw new TorchweaveError('configurationInvalid', {
    setting: setting.flag === undefined ? (setting.property ?? setting.variable ?? name) : `--${setting.flag}`,
    value: Array.isArray(given) ? given.join(' ') : String(given),
    rule: result.error.issues.map((issue) => issue.message).join('; '),
  });
}

/**
 * Reads and checks all settings.
 *
 * @throws TorchweaveError `configurationInvalid` naming the setting, its value and what it must be.
 */
export function loadSettings(sources: SettingSources): LoadedSettings {
  const path = sources.tsConfig ?? sources.environment['TS_CONFIG_FILE'];
  const file = path === undefined ? new Map<string, string>() : readFile(path);
  const names = Object.keys(settings) as SettingName[];
  const entries = names.map((name) => [name, check(name, lookUp(name, sources, file))]);
  const known = new Set<string>([
    'enable_envvars_config',
    ...names.flatMap((name) => (settings[name] as Setting).property ?? []),
  ]);
  return {
    settings: Object.fromEntries(entries) as Settings,
    unknownKeys: [...file.keys()].filter((key) => !known.has(key)),
  };
}
