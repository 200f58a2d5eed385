import type { Logger } from '@torchweave/application';
import { isTorchweaveError } from '@torchweave/domain';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  defaultMetricsAddress,
  mayHearReasons,
  monitoringRefusal,
  type MonitoringAccess,
} from '../auth/monitoring-access.js';
import { listenAddress, type ListenAddress } from '../config/listen-address.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings/settings.js';
import { BrokenRequests } from '../http/broken-requests.js';
import { isPreflight } from '../http/foreign-requests.js';
import { createHttpServer, excessOf } from '../http/http-server.js';
import { limitsOf, type HttpLimits } from '../http/limits.js';
import { listenOn } from '../http/listen.js';
import { prettyJson } from '../http/torchserve-conventions.js';
import type { Monitoring } from './monitoring.js';

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
  const at = listenAddress(metricsAddress ?? defaultMetricsAddress, metricsPort);
  const told = {
    scrape: shared(() => monitoring.scrape()),
    unready: shared(() => monitoring.unready()),
    warnings: shared(() => monitoring.warnings()),
  };
  const { contentType } = monitoring.registry;
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void answer({ ...told, contentType }, { ...access, limits }, request, response, logger);
  const { limits = limitsOf(loadSettings({ flags: {}, environment: {} }).settings) } = access;
  const broken = new BrokenRequests(limits);
  const server = createHttpServer({ ...access, limits, broken }, handle);
  server.on('clientError', (error, socket) => void broken.answer(error, socket as Socket));
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

/** What a process tells of itself. */
interface Told {
  readonly scrape: () => Promise<string>;
  readonly unready: () => Promise<ReadonlyMap<string, string>>;
  readonly warnings: () => Promise<ReadonlyMap<string, string>>;
  readonly contentType: string;
}

/** Of many who ask at once, all get the answer of the first: each would ask Redis. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => (underWay ??= ask().finally(() => (underWay = undefined)));
}

async function answer(
  told: Told,
  access: MonitoringAccess & { readonly limits: HttpLimits },
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
    const refusal = excessOf(request, access.limits) ?? monitoringRefusal(access, request, path);
    if (refusal !== undefined) {
      response.setHeader('connection', 'close');
      return send(refusal.status, refusal.toBody());
    }
    if (isPreflight(request)) return void response.writeHead(204).end();
    if (method !== 'GET' && method !== 'HEAD') return send(405, { status: 'Method not allowed' });
    switch (path) {
      case '/metrics': {
        const text = await told.scrape();
        response.writeHead(200, { 'content-type': told.contentType }).end(text);
        return;
      }
      case '/health/live':
        return send(200, { status: 'Healthy' });
      case '/health/ready': {
        const [unready, warnings] = await Promise.all([told.unready(), told.warnings()]);
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
