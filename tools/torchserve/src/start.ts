import { resolve } from 'node:path';

import { loopbackUrl } from './config-file.js';
import { findTorchServe, type TorchServeInstallation } from './installation.js';
import { readKeys, type TorchServeKeys } from './keys.js';
import { launch, type LaunchedTorchServe } from './launch.js';
import type { TorchServeOptions } from './options.js';
import { choosePorts, type TorchServePorts } from './ports.js';
import { untilReady } from './readiness.js';

const defaultStartTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;
const killTimeoutMs = 5_000;

/** A TorchServe that answers `/ping`. */
export interface TorchServeProcess {
  readonly inferenceUrl: string;
  readonly managementUrl: string;
  readonly metricsUrl: string;
  readonly ports: TorchServePorts;
  /** The Python launcher, and the id of the group that it, the JVM and the workers are in. */
  readonly pid: number;
  /** The private temporary folder; gone after `stop` and `kill`. */
  readonly workDir: string;
  /** With `tokenAuth` only: the keys as they were at the start. */
  readonly keys?: TorchServeKeys;
  /** The keys as they are now. A renewal (`GET /token`) answers nothing: TorchServe writes the new key to its key file. */
  currentKeys(): TorchServeKeys | undefined;
  /** The last 16 KiB of output; works after the end too. */
  logTail(): string;
  /** Ends every process (SIGTERM, after 10 s SIGKILL) and removes the folder. Safe to call again. */
  stop(): Promise<void>;
  /** Ends every process at once (SIGKILL) and removes the folder: a crash. Safe to call again. */
  kill(): Promise<void>;
  /** Stops this one if it runs and starts another with the same options on the same ports: no model survives. */
  restart(): Promise<TorchServeProcess>;
}

/** Thrown when a TorchServe ends or stays silent before it is ready. Its message ends with the log's tail. */
export class TorchServeStartError extends Error {
  readonly logTail: string;

  constructor(reason: string, logTail: string, cause: unknown) {
    super(`${reason} Its log ends with:\n${logTail}`, { cause });
    this.name = 'TorchServeStartError';
    this.logTail = logTail;
  }
}

/**
 * Starts a TorchServe of its own: ports, folder and process group are shared with nobody, so any number may run.
 * Rejects when none is installed, a port is taken, or it is not ready in time (`TorchServeStartError`).
 * It ends with this process where that exits; a signal that this process does not handle leaves it running.
 */
export async function startTorchServe(options: TorchServeOptions): Promise<TorchServeProcess> {
  const installation = findTorchServe();
  if (!installation.found) throw new Error(installation.reason);
  return startOn(installation, absoluteStores(options), await choosePorts(options));
}

async function startOn(
  installation: TorchServeInstallation,
  options: TorchServeOptions,
  ports: TorchServePorts,
): Promise<TorchServeProcess> {
  const server = await launch(installation, options, ports);
  const endWithUs = (): void => discard(server);
  process.once('exit', endWithUs);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    await endGroup(server, signal);
    server.folder.remove();
    process.off('exit', endWithUs);
  };
  const inferenceUrl = loopbackUrl(ports.inference);
  try {
    const keys = await untilReady(server, {
      inferenceUrl,
      tokenAuth: options.tokenAuth ?? false,
      timeoutMs: options.startTimeoutMs ?? defaultStartTimeoutMs,
    });
    return {
      inferenceUrl,
      managementUrl: loopbackUrl(ports.management),
      metricsUrl: loopbackUrl(ports.metrics),
      ports,
      pid: server.pid,
      workDir: server.folder.path,
      ...(keys ? { keys } : {}),
      currentKeys: () => readKeys(server.folder.keyFile),
      logTail: () => server.folder.tail(),
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
      restart: async () => {
        await end('SIGTERM');
        return startOn(installation, options, ports);
      },
    };
  } catch (error) {
    await end('SIGKILL');
    throw new TorchServeStartError(error instanceof Error ? error.message : String(error), server.folder.tail(), error);
  }
}

async function endGroup(server: LaunchedTorchServe, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  server.group.signal(signal);
  if (await server.group.ended(signal === 'SIGTERM' ? stopTimeoutMs : killTimeoutMs)) return;
  server.group.signal('SIGKILL');
  if (await server.group.ended(killTimeoutMs)) return;
  throw new Error(`The process group ${server.pid} of TorchServe outlives SIGKILL.`);
}

/** What can be done in the last moment of this process, where nothing can be awaited. */
function discard(server: LaunchedTorchServe): void {
  server.group.signal('SIGKILL');
  server.folder.remove();
}

/** TorchServe runs in a folder of its own, where a relative path would mean another one. */
function absoluteStores(options: TorchServeOptions): TorchServeOptions {
  return {
    ...options,
    modelStore: resolve(options.modelStore),
    ...(options.workflowStore === undefined ? {} : { workflowStore: resolve(options.workflowStore) }),
  };
}
