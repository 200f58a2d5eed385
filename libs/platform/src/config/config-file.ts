import { TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingSources } from './load-settings.js';
import { foreignKeys, readingKeys } from './other-keys.js';
import { parseProperties } from './properties.js';
import type { Setting } from './settings/setting.js';
import { settings } from './settings/settings.js';
import { tellableValue } from '../text/tellable-value.js';

/** What a config.properties says, and the variables that it lets speak for it. */
export interface ConfigFile {
  readonly values: ReadonlyMap<string, string>;
  readonly foundFile?: string;
  readonly unheardVariables: readonly string[];
}

type Faults = TorchweaveError<'configurationInvalid'>[];

const properties = Object.values(settings as Readonly<Record<string, Setting>>).flatMap(
  ({ property }) => property ?? [],
);
/** Variables that TorchServe names otherwise than the key. */
const otherVariables: Readonly<Record<string, string>> = { token_expiration_min: 'TS_TOKEN_EXPIRATION_TIME_MIN' };
const mostBytes = 1_048_576;

function readText(path: string, faults: Faults): string {
  const refuse = (rule: string): string => {
    faults.push(
      new TorchweaveError('configurationInvalid', { setting: 'ts-config', value: tellableValue(path), rule }),
    );
    return '';
  };
  try {
    if (statSync(path).size > mostBytes) return refuse(`a file of at most ${mostBytes} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`a readable file (${codeOf(error) || 'unreadable'})`);
  }
}

/** Puts in the variables that values name: `$$NAME$$`. */
function fillIn(values: Map<string, string>, environment: SettingSources['environment'], faults: Faults): void {
  for (const [key, value] of values) {
    values.set(
      key,
      value.replace(/\$\$([A-Za-z_]\w*)\$\$/g, (named, variable: string) => {
        const found = environment[variable];
        if (found !== undefined) return found;
        const rule = `a text that names variables which are set (${variable} is not)`;
        faults.push(new TorchweaveError('configurationInvalid', { setting: key, value: tellableValue(named), rule }));
        return '';
      }),
    );
  }
}

function variableOf(key: string, environment: SettingSources['environment']): string | undefined {
  const names = [otherVariables[key], `TS_${key.toUpperCase()}`];
  return names.find((name) => name !== undefined && environment[name] !== undefined);
}

/** As Java reads it. */
const isTrue = (text: string | undefined): boolean => text?.trim().toLowerCase() === 'true';

/** Lets variables speak for the file where it allows that; gives those that do not. */
function hearVariables(values: Map<string, string>, environment: SettingSources['environment']): string[] {
  const isOpen = isTrue(values.get(readingKeys.environment));
  const unheard: string[] = [];
  for (const key of [...properties, ...foreignKeys]) {
    const variable = variableOf(key, environment);
    if (variable === undefined) continue;
    // What archives may come from is nothing for whoever sets a variable, unless the file says so too.
    const isHeard = isOpen && (key !== 'allowed_urls' || isTrue(values.get(readingKeys.allowedUrls)));
    if (isHeard) values.set(key, environment[variable] ?? '');
    else if (properties.includes(key)) unheard.push(variable);
  }
  return unheard;
}

/** Reads the config.properties that is named, or lies in the folder. */
export function readConfigFile({ tsConfig, environment, folder }: SettingSources, faults: Faults): ConfigFile {
  const named = tsConfig ?? environment['TS_CONFIG_FILE'];
  const inFolder = folder === undefined ? undefined : join(folder, 'config.properties');
  const foundFile = named === undefined && inFolder !== undefined && existsSync(inFolder) ? inFolder : undefined;
  const path = named ?? foundFile;
  const values = path === undefined ? new Map<string, string>() : parseProperties(readText(path, faults));
  fillIn(values, environment, faults);
  const unheardVariables = hearVariables(values, environment);
  return { values, unheardVariables, ...(foundFile === undefined ? {} : { foundFile }) };
}
