import { settings, type Setting, type SettingName, type SettingSources } from '@torchweave/platform';
import { Option, type Command } from 'commander';
import type { Environment } from './environment.js';

const named = Object.entries(settings) as [SettingName, Setting][];

const append = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** Adds the flags of the settings, in TorchServe's spelling, to a command that starts apps. */
export function addSettingOptions(command: Command): Command {
  for (const [name, { flag, description, isSwitch, isList }] of named) {
    if (flag === undefined) continue;
    const option = new Option(`--${flag}${isSwitch ? '' : ' <value>'}`, description);
    option.attributeName = () => name;
    if (isList) option.argParser(append);
    command.addOption(option);
  }
  command.option(
    '--ts-config <file>',
    "TorchServe's config.properties, read as it is (or TS_CONFIG_FILE; else ./config.properties)",
  );
  command.option('--ncs', "TorchServe's --no-config-snapshots: accepted, there are no snapshots here");
  command.option('--foreground', "TorchServe's flag: accepted, Torchweave always stays in the foreground");
  return command;
}

/** The values of the flags that were given, by setting. */
function settingFlags(options: Readonly<Record<string, unknown>>): Partial<Record<SettingName, unknown>> {
  const given = named.flatMap(([name]) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  return Object.fromEntries(given);
}

/** Everything that a command which takes the flags of the settings reads them from. */
export function settingSources(options: Readonly<Record<string, unknown>>, environment: Environment): SettingSources {
  const { tsConfig } = options;
  return {
    flags: settingFlags(options),
    environment,
    folder: process.cwd(),
    ...(typeof tsConfig === 'string' ? { tsConfig } : {}),
  };
}
