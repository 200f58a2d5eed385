import type { Environment } from '../environment.js';
import { CliError } from '../output/cli-error.js';

/** Seconds since 1970 of the end of the year 9999. */
const last = 253_402_300_799;

/**
 * The moment of `SOURCE_DATE_EPOCH`, by which builds that can be repeated give their files a time (https://reproducible-builds.org); undefined
 * where it is not set.
 *
 * @throws CliError where it is no number of seconds.
 */
export function sourceDate(environment: Environment): Date | undefined {
  const text = environment['SOURCE_DATE_EPOCH'] ?? '';
  if (text === '') return undefined;
  if (/^\d{1,12}$/.test(text) && Number(text) <= last) return new Date(Number(text) * 1_000);
  throw new CliError(`SOURCE_DATE_EPOCH must be whole seconds since 1970, not ${JSON.stringify(text)}.`);
}
