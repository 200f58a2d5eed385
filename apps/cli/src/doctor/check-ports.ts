import { codeOf } from '@torchweave/kernel';
import type { ListenAddress, Settings } from '@torchweave/platform';
import { createServer } from 'node:net';
import { z } from 'zod';
import { failure, ok, warning, type Finding } from '@torchweave/composition';
import { listenersOf, type Listener } from './listeners.js';
import { probe } from './probe.js';

const description = z.object({ info: z.object({ title: z.string() }) });
const health = z.object({ status: z.enum(['Healthy', 'Unhealthy']) });

/** Takes the port for a moment. */
function tryToListen({ host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

/** Where a server that listens at an address is reached from this machine: all interfaces are also its own. */
function reachableAt({ address, at: { host, port } }: Listener): string {
  const target = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `${new URL(address).protocol}//${target}:${port}`;
}

async function isTorchweave(listener: Listener): Promise<boolean> {
  const url = reachableAt(listener);
  try {
    if (listener.api === 'metrics') return health.safeParse((await probe('GET', `${url}/health/live`)).json).success;
    const read = description.safeParse((await probe('OPTIONS', `${url}/`)).json);
    return read.success && read.data.info.title.startsWith('Torchweave ');
  } catch {
    return false;
  }
}

async function checkPort(listener: Listener): Promise<Finding> {
  const { api, flag, at: address, isRequired } = listener;
  const subject = `${api} port`;
  const at = `${address.host}:${address.port}`;
  try {
    await tryToListen(address);
    return ok(subject, `${at} is free`);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EADDRINUSE' && (await isTorchweave(listener))) return ok(subject, `a Torchweave listens on ${at}`);
    const other = `choose another one with ${flag}.`;
    const bad = isRequired ? failure : warning;
    if (code === 'EADDRINUSE') return bad(subject, `${at} is taken by another process.`, `End that one, or ${other}`);
    if (code === 'EACCES') return failure(subject, `This user may not listen on ${at}.`, `C${other.slice(1)}`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return failure(subject, `${address.host} is no address of this machine.`, `Correct ${listener.setting}.`);
    return failure(subject, `It is not possible to listen on ${at} (${code}).`, `C${other.slice(1)}`);
  }
}

/** Whether the ports of the servers are free, or a Torchweave has them already. */
export function checkPorts(settings: Settings): Promise<Finding[]> {
  return Promise.all(listenersOf(settings).map(checkPort));
}
