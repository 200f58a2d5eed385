import { listenAddress, type ListenAddress, type Settings } from '@torchweave/platform';
import { createServer } from 'node:net';
import { z } from 'zod';
import { codeOf, failure, ok, type Finding } from './finding.js';
import { probe } from './probe.js';

const description = z.object({ info: z.object({ title: z.string() }) });

/** Takes the port for a moment. */
function tryToListen({ host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

async function isTorchweave({ host, port }: ListenAddress): Promise<boolean> {
  try {
    // An address of all interfaces is reached on this machine's own.
    const target = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
    const { json } = await probe('OPTIONS', `http://${target}:${port}/`);
    const read = description.safeParse(json);
    return read.success && read.data.info.title.startsWith('Torchweave ');
  } catch {
    return false;
  }
}

async function checkPort(api: string, flag: string, address: ListenAddress): Promise<Finding> {
  const subject = `${api} port`;
  const at = `${address.host}:${address.port}`;
  try {
    await tryToListen(address);
    return ok(subject, `${at} is free`);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EADDRINUSE' && (await isTorchweave(address))) return ok(subject, `a Torchweave listens on ${at}`);
    const other = `choose another one with ${flag}.`;
    if (code === 'EADDRINUSE')
      return failure(subject, `${at} is taken by another process.`, `End that one, or ${other}`);
    if (code === 'EACCES') return failure(subject, `This user may not listen on ${at}.`, `C${other.slice(1)}`);
    return failure(subject, `It is not possible to listen on ${at}: ${String(error)}`, `C${other.slice(1)}`);
  }
}

/** Whether the ports of both APIs are free, or a Torchweave has them already. */
export function checkPorts(settings: Settings): Promise<Finding[]> {
  const { managementAddress, managementPort, inferenceAddress, inferencePort } = settings;
  return Promise.all([
    checkPort('management', '--management-port', listenAddress(managementAddress, managementPort)),
    checkPort('inference', '--inference-port', listenAddress(inferenceAddress, inferencePort)),
  ]);
}
