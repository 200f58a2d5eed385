import { TorchweaveError } from '@torchweave/domain';
import { within } from '@torchweave/kernel';
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findServer, type ServerSearch } from './find-server.js';

export interface EmbeddedRedisOptions extends ServerSearch {
  /** Folder of the append-only file; one server at a time. */
  readonly dataDirectory: string;
}

/** A server that ends with this process, however that ends. */
export interface EmbeddedRedis {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** The guard's exit status when another process holds the data folder. */
const lockIsHeld = 75;
const startTimeoutMs = 10_000;
const keptOutput = 4_000;
/** Any other process can take the chosen port before the server does. */
const portAttempts = 3;

/** Takes a loopback port and gives it back: `wanted`, or any for 0. @throws the system's error when it is taken. */
function tryPort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const isTaken = (port: number): Promise<boolean> =>
  tryPort(port).then(
    () => false,
    () => true,
  );

/** In a file of its own, so that the password stands in no command line. */
async function writeConfiguration(directory: string, port: number, password: string): Promise<string> {
  const path = join(directory, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${directory}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

async function untilReady(child: ChildProcess, dataDirectory: string): Promise<void> {
  let printed = '';
  const exited = once(child, 'exit').then(([code]) => {
    if (code === lockIsHeld) throw new TorchweaveError('dataDirectoryInUse', { directory: dataDirectory });
    throw new TorchweaveError('embeddedRedisFailed', {
      reason: printed.trim().split('\n').at(-1) ?? '',
      exitCode: Number(code),
    });
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-keptOutput);
      if (printed.includes('Ready to accept connections')) resolve();
    });
    child.stderr?.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-keptOutput)));
  });
  const late = (): Error =>
    new TorchweaveError('embeddedRedisFailed', { reason: `not ready after ${startTimeoutMs} ms`, exitCode: 0 });
  try {
    await within(startTimeoutMs, Promise.race([ready, exited]), late);
  } finally {
    exited.catch(() => undefined);
  }
}

/** Starts the server below its guard; where it does not become ready, nothing is left of it. */
async function startServer(
  server: string,
  port: number,
  password: string,
  options: EmbeddedRedisOptions,
): Promise<ChildProcessWithoutNullStreams> {
  const { python, dataDirectory } = options;
  const configuration = await writeConfiguration(dataDirectory, port, password);
  const guard = new URL('../python/guard.py', import.meta.url).pathname;
  const child = spawn(python, [guard, join(dataDirectory, 'lock'), server, configuration]);
  await once(child, 'spawn').catch((error: unknown) => {
    throw new TorchweaveError('embeddedRedisFailed', { reason: String(error), exitCode: 0 }, { cause: error });
  });
  try {
    await untilReady(child, dataDirectory);
    return child;
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin.end();
  await ended;
}

/**
 * Starts a Redis or Valkey on a free loopback port with a random password and an append-only file.
 *
 * @throws TorchweaveError `embeddedRedisMissing`, `dataDirectoryInUse`, `embeddedRedisFailed`.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { dataDirectory, logger } = options;
  const server = await findServer(options);
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString('hex');
  for (let attempt = 1; ; attempt++) {
    const port = await tryPort(0);
    try {
      const child = await startServer(server, port, password, options);
      child.once('exit', (code) => logger.warn({ code }, 'the embedded Redis has ended'));
      child.stdout.resume();
      child.stderr.resume();
      return {
        url: `redis://:${password}@127.0.0.1:${port}`,
        pid: child.pid ?? 0,
        close: async () => {
          child.removeAllListeners('exit');
          await end(child);
        },
      };
    } catch (error) {
      if (attempt === portAttempts || !(await isTaken(port))) throw error;
    }
  }
}
