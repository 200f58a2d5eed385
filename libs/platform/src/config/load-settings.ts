import { TorchweaveError } from '@torchweave/domain';
import { readConfigFile, type ConfigFile } from './config-file.js';
import { sortOtherKeys, type OtherKeys } from './other-keys.js';
import type { Setting } from './settings/setting.js';
import { settings, type SettingName, type Settings } from './settings/settings.js';
import { tellableValue } from '../text/tellable-value.js';

/** Where settings come from. Each app hands its own environment in, once. */
export interface SettingSources {
  /** Values of flags by setting name. */
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a TorchServe `config.properties` (`--ts-config`, or TS_CONFIG_FILE). */
  readonly tsConfig?: string;
  /** The folder whose `config.properties` is read where no file is named, as TorchServe reads the present folder's. */
  readonly folder?: string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** The file that was read though nobody named it. */
  readonly foundFile?: string;
  /** Keys of the file that are no settings here, to be told once. */
  readonly otherKeys: OtherKeys;
  /** Variables that would set something if the file allowed it. */
  readonly unheardVariables: readonly string[];
}

/** {@link LoadedSettings} with every fault; a setting with one has its default. */
export interface ExaminedSettings extends LoadedSettings {
  readonly faults: readonly TorchweaveError<'configurationInvalid'>[];
}

/** Absent where nothing is given. */
function lookUp(name: SettingName, { flags, environment }: SettingSources, file: ReadonlyMap<string, string>): unknown {
  const setting: Setting = settings[name];
  if (flags[name] !== undefined) return flags[name];
  const variable = setting.variable === undefined ? undefined : environment[setting.variable];
  // A space that nobody sees at the end of a line belongs to no value.
  return variable ?? (setting.property === undefined ? undefined : file.get(setting.property)?.trim());
}

/** As a person knows the setting: its flag, else its key, else its variable. */
function toldName(name: SettingName): string {
  const { flag, property, variable }: Setting = settings[name];
  return flag === undefined ? (property ?? variable ?? name) : `--${flag}`;
}

function check(name: SettingName, given: unknown, faults: TorchweaveError<'configurationInvalid'>[]): unknown {
  const { schema, description }: Setting = settings[name];
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const own = result.error.issues.find(({ code }) => code === 'custom');
  // The library's words are no sentence.
  const rule = own?.message ?? `something else: ${description}`;
  faults.push(
    new TorchweaveError('configurationInvalid', { setting: toldName(name), value: tellableValue(given), rule }),
  );
  return schema.safeParse(undefined).data;
}

/** TorchServe's workflow store is its model store where it has no other. */
function withStores(values: Settings): Settings {
  const { workflowStore, modelStore } = values;
  return workflowStore === undefined && modelStore !== undefined ? { ...values, workflowStore: modelStore } : values;
}

/** Reads and checks all settings, and goes on after a bad one. */
export function examineSettings(sources: SettingSources): ExaminedSettings {
  const faults: TorchweaveError<'configurationInvalid'>[] = [];
  const file: ConfigFile = readConfigFile(sources, faults);
  const names = Object.keys(settings) as SettingName[];
  const entries = names.map((name) => [name, check(name, lookUp(name, sources, file.values), faults)]);
  return {
    settings: withStores(Object.fromEntries(entries) as Settings),
    ...(file.foundFile === undefined ? {} : { foundFile: file.foundFile }),
    otherKeys: sortOtherKeys(file.values),
    unheardVariables: file.unheardVariables,
    faults,
  };
}

/**
 * Reads and checks all settings.
 *
 * @throws TorchweaveError `configurationInvalid` naming the setting, its value and what it must be.
 */
export function loadSettings(sources: SettingSources): LoadedSettings {
  const { faults, ...loaded } = examineSettings(sources);
  if (faults[0] !== undefined) throw faults[0];
  return loaded;
}
