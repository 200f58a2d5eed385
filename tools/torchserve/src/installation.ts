import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** TorchServe 0.12.0 as `install.sh` left it on this machine. */
export interface TorchServeInstallation {
  readonly found: true;
  /** The venv's folder. */
  readonly home: string;
  /** The `torchserve` command. */
  readonly command: string;
}

/** No usable TorchServe on this machine. */
export interface MissingTorchServe {
  readonly found: false;
  /** One sentence for people: what is missing and how to get it. */
  readonly reason: string;
}

const installScript = fileURLToPath(new URL('../install.sh', import.meta.url));

/**
 * Looks for the TorchServe of `install.sh` and changes nothing: a test suite skips itself, with the reason, where it is missing.
 * Takes some 150 ms and blocks.
 */
export function findTorchServe(): TorchServeInstallation | MissingTorchServe {
  const check = spawnSync('bash', [installScript, '--check'], { encoding: 'utf8' });
  if (check.error) {
    return { found: false, reason: `${installScript} could not be run: ${check.error.message}.` };
  }
  if (check.status !== 0) {
    return { found: false, reason: lastLine(check.stderr) || `${installScript} --check failed without a reason.` };
  }
  const home = lastLine(check.stdout);
  return { found: true, home, command: join(home, 'bin', 'torchserve') };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
