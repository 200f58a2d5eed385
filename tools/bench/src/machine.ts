import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Where the figures come from. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Runnable processes, the mean of the last minute, before the benchmark started anything: near 0 on a quiet machine. */
  readonly loadBefore: number;
}

/** Looks at this machine. */
export function describeMachine(loadGenerator: string): Machine {
  const [first] = cpus();
  return {
    processor: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${systemName()}, Linux ${release()}`,
    versions: {
      Node: process.version,
      Python: versionOf('python3', ['--version'], /Python (\S+)/),
      Java: versionOf('java', ['-version'], /version "([^"]+)"/),
      Redis: versionOf('redis-server', ['--version'], /v=(\S+)/),
      TorchServe: '0.12.0',
      'load generator': loadGenerator,
    },
    loadBefore: loadavg()[0] ?? NaN,
  };
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}

function versionOf(command: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return pattern.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[1] ?? 'not on PATH';
}
