import type { Logger } from '@torchweave/application';
import { isTorchweaveError } from '@torchweave/domain';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mayHearReasons, monitoringRefusal, type MonitoringAccess } from '../auth/monitoring-access.js';
import { listenAddress, type ListenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings.js';
import { listenOn } from '../http/listen.js';
import { prettyJson } from '../http/torchserve-conventions.js';
import type { Monitoring } from './monitoring.js';

const defaultAddress = 'http://127.0.0.1:8082';

/** The server of `/metrics`, `/health/live` and `/health/ready` of one process. */
export interface MonitoringServer {
  /** `http://host:port`; absent where there is none. */
  readonly address?: string;
  close(): Promise<void>;
}

const noServer: MonitoringServer = { close: () => Promise.resolve() };

/**
 * Serves metrics and health where the settings say.
 *
 * Several processes of one host share the default port: the first has it, the others say so and go without.
 *
 * @throws TorchweaveError `addressTaken` when the taken port was asked for.
 */
export async function serveMonitoring(
  monitoring: Monitoring,
  settings: Pick<Settings, 'metricsAddress' | 'metricsPort'>,
  logger: Logger,
  access: MonitoringAccess = {},
): Promise<MonitoringServer> {
  const { metricsAddress, metricsPort } = settings;
  if (metricsPort === 'none') return noServer;
  const at = listenAddress(metricsAddress ?? defaultAddress, metricsPort);
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(monitoring, access, request, response, logger);
  const server = access.tls === undefined ? createServer(handle) : createSecureServer(access.tls, handle);
  try {
    await listenOn(at, '--metrics-port', (where) => listen(server, where));
  } catch (error) {
    const isDefault = metricsAddress === undefined && metricsPort === undefined;
    if (!isDefault || !isTorchweaveError(error, 'addressTaken')) throw error;
    logger.warn(at, 'the port of metrics and health is taken: give this process one of its own with --metrics-port');
    return noServer;
  }
  const { port } = server.address() as AddressInfo;
  const address = `${access.tls === undefined ? 'http' : 'https'}://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`;
  logger.info({ address }, 'metrics and health are served');
  return { address, close: () => close(server) };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  monitoring: Monitoring,
  access: MonitoringAccess,
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
  const { method, url = '' } = request;
  const path = url.split('?')[0] ?? '';
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(prettyJson(body));
  };
  try {
    const refusal = monitoringRefusal(access, request, path);
    if (refusal !== undefined) return send(refusal.status, refusal.toBody());
    if (method !== 'GET' && method !== 'HEAD') return send(405, { status: 'Method not allowed' });
    switch (path) {
      case '/metrics': {
        const text = await monitoring.scrape();
        response.writeHead(200, { 'content-type': monitoring.registry.contentType }).end(text);
        return;
      }
      case '/health/live':
        return send(200, { status: 'Healthy' });
      case '/health/ready': {
        const [unready, warnings] = await Promise.all([monitoring.unready(), monitoring.warnings()]);
        const mayHear = mayHearReasons(access, request);
        const warned = mayHear && warnings.size > 0 ? { warnings: Object.fromEntries(warnings) } : {};
        if (unready.size === 0) return send(200, { status: 'Healthy', ...warned });
        const reasons = mayHear ? { reasons: Object.fromEntries(unready) } : {};
        return send(503, { status: 'Unhealthy', ...reasons, ...warned });
      }
      default:
        return send(404, { status: 'Not found' });
    }
  } catch (error) {
    logger.error({ err: error }, 'metrics cannot be told');
    send(500, { status: 'Failed' });
  }
}
