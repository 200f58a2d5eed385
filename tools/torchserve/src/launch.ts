import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

import { configFile } from './config-file.js';
import type { TorchServeInstallation } from './installation.js';
import type { TorchServeOptions } from './options.js';
import type { TorchServePorts } from './ports.js';
import { ProcessGroup } from './process-group.js';
import { quietLog4j } from './quiet-logs.js';
import { WorkFolder } from './work-folder.js';

/** The processes of one TorchServe and their folder, ready or not. */
export interface LaunchedTorchServe {
  readonly pid: number;
  readonly group: ProcessGroup;
  readonly folder: WorkFolder;
  /** How the launcher ended; undefined while it runs. */
  exit(): string | undefined;
}

/** Starts the processes in a group of their own, with their folder. */
export async function launch(
  installation: TorchServeInstallation,
  options: TorchServeOptions,
  ports: TorchServePorts,
): Promise<LaunchedTorchServe> {
  const folder = new WorkFolder({
    config: configFile(options, ports),
    log4j: options.quietLogs ? quietLog4j : undefined,
  });
  const output = openSync(folder.consoleFile, 'a');
  const child = spawn(installation.command, launcherArguments(options, folder), {
    cwd: folder.path,
    detached: true,
    stdio: ['ignore', output, output],
    env: launcherEnvironment(folder),
  });
  closeSync(output);
  let exit: string | undefined;
  child.once('exit', (code, signal) => (exit = signal ? `signal ${signal}` : `status ${code}`));
  try {
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  } catch (error) {
    folder.remove();
    throw new Error(`${installation.command} could not be run.`, { cause: error });
  }
  const pid = child.pid as number;
  return { pid, group: new ProcessGroup(pid), folder, exit: () => exit };
}

function launcherArguments(options: TorchServeOptions, folder: WorkFolder): string[] {
  return [
    '--foreground',
    '--ncs',
    ...['--ts-config', folder.configFile],
    ...['--model-store', options.modelStore],
    ...(options.workflowStore === undefined ? [] : ['--workflow-store', options.workflowStore]),
    ...(options.quietLogs ? ['--log-config', folder.log4jFile] : []),
    ...(options.tokenAuth ? [] : ['--disable-token-auth']),
    ...(options.enableModelApi === false ? [] : ['--enable-model-api']),
  ];
}

function launcherEnvironment(folder: WorkFolder): NodeJS.ProcessEnv {
  const { TS_CONFIG_FILE: _overridesOurConfig, ...inherited } = process.env;
  return {
    ...inherited,
    LOG_LOCATION: folder.logs,
    METRICS_LOCATION: folder.logs,
    TEMP: folder.temp, // of the JVM
    TMPDIR: folder.temp, // of Python, whose pid file would allow one TorchServe a machine
  };
}
