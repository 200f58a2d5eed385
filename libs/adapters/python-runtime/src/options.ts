import type { Logger } from '@torchweave/application';

/** Limits that the system enforces on one process. */
export interface ProcessLimits {
  readonly addressSpaceBytes?: number;
  readonly openFiles?: number;
  /** Processes and threads of the whole user, not of this process alone. Root's are not limited. */
  readonly processes?: number;
  /**
   * CPU seconds of a process's whole life. It is replaced between two calls when it has used half of them, so that
   * every call may use the other half.
   */
  readonly cpuSeconds?: number;
}

/** What processes must not have. Where the system does not allow it, none is started. */
export interface Confinement {
  /** `none`: an empty network of their own, without even a loopback address. Default `host`. */
  readonly network?: 'host' | 'none';
  /** The name of the user they run as; only root's server may choose one. Default: the server's own. */
  readonly user?: string;
}

/** How Python processes are started, whatever runs in them. */
export interface PythonOptions {
  /** The interpreter, 3.8 or newer. Default `python3`. */
  readonly python?: string;
  readonly logger: Logger;
  /** What `context.system_properties["server_version"]` tells. */
  readonly serverVersion: string;
  /** Default 6,553,500, as TorchServe's `max_request_size`. */
  readonly maxRequestBytes?: number;
  /** Default 6,553,500, as TorchServe's `max_response_size`. */
  readonly maxResponseBytes?: number;
  /** Everything that Python processes see of the environment: {@link scrubbedEnvironment} takes out what may be a secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** An existing folder for the socket that the processes connect to. Default: a private temporary one. */
  readonly socketDirectory?: string;
  readonly limits?: ProcessLimits;
  readonly confinement?: Confinement;
  /** ms that importing and initializing may take. Default 60,000. */
  readonly loadTimeoutMs?: number;
  /** Output of one process that is passed on to the logger; four times this at once. Default 65,536. */
  readonly logBytesPerSecond?: number;
}

/** {@link PythonOptions} with every default filled in. */
export type ResolvedPythonOptions = Required<Omit<PythonOptions, 'socketDirectory'>> &
  Pick<PythonOptions, 'socketDirectory'>;

export function resolveOptions(options: PythonOptions): ResolvedPythonOptions {
  const { python = 'python3', limits = {}, confinement = {} } = options;
  const { loadTimeoutMs = 60_000, logBytesPerSecond = 65_536 } = options;
  const { maxRequestBytes = 6_553_500, maxResponseBytes = 6_553_500 } = options;
  return {
    ...options,
    python,
    limits,
    confinement,
    loadTimeoutMs,
    logBytesPerSecond,
    maxRequestBytes,
    maxResponseBytes,
  };
}

const harmless = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'],
  ...['PYTHONPATH', 'VIRTUAL_ENV', 'LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES'],
  ...['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'NUMEXPR_NUM_THREADS'],
]);

/** What Python needs of an environment, and nothing that may be a secret: names are allowed, never values guessed at. */
export function scrubbedEnvironment(source: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && (harmless.has(name) || name.startsWith('LC_'))) kept[name] = value;
  }
  return kept;
}
