import { spawnSync } from 'node:child_process';

/** Why a test cannot run that needs a program of a Debian package; undefined where it can. With CI=true it must. */
export function missingProgram(program: string, versionFlag: string, debianPackage: string): string | undefined {
  if (spawnSync(program, [versionFlag]).error === undefined) return undefined;
  const reason = `${program} is not installed (apt-get install ${debianPackage})`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  return reason;
}
