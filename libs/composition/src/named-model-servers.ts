import type { Logger, ModelServer, ModelServerFleet } from '@torchweave/application';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A name that stands for any number of model servers, such as a service of docker-compose. */
export interface ModelServerName {
  readonly host: string;
  /** The model server at one of the name's addresses. */
  create(address: string): ModelServer;
}

/** All addresses that a name has now. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const resolveAgainMs = 5_000;

/**
 * Whether the host of both URLs is a name that stands for as many servers as it has addresses. Over TLS a name stays one
 * server: a certificate is for the name.
 */
export function isExpandable(managementUrl: string, inferenceUrl: string): boolean {
  const urls = [new URL(managementUrl), new URL(inferenceUrl)];
  const [host, other] = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  if (host === undefined || host !== other || host === 'localhost' || isIP(host) !== 0) return false;
  return urls.every(({ protocol }) => protocol === 'http:');
}

/** The URL with one address in the place of its name. */
export function atAddress(url: string, address: string): string {
  const replaced = new URL(url);
  replaced.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return replaced.href;
}

const lookUpAll: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/** Keeps in a fleet one model server for each address that the names have, and looks them up again and again. */
export class NamedModelServers {
  private readonly known = new Map<ModelServerName, Map<string, ModelServer>>();
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly fleet: ModelServerFleet,
    names: readonly ModelServerName[],
    private readonly logger: Logger,
    private readonly resolve: Resolve = lookUpAll,
  ) {
    for (const name of names) this.known.set(name, new Map());
  }

  /** Looks all names up, now and until {@link close}. */
  async start(): Promise<void> {
    if (this.known.size === 0) return;
    this.timer ??= setInterval(() => void this.refresh(), resolveAgainMs).unref();
    await this.refresh();
  }

  /** Looks all names up once. A name that cannot be looked up keeps the servers it has: their health is checked anyway. */
  refresh(): Promise<void> {
    this.refreshing ??= Promise.all([...this.known].map(([name, servers]) => this.refreshName(name, servers)))
      .then(() => undefined)
      .finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.refreshing;
  }

  private async refreshName(name: ModelServerName, servers: Map<string, ModelServer>): Promise<void> {
    const { host } = name;
    let addresses: ReadonlySet<string>;
    try {
      addresses = new Set(await this.resolve(host));
    } catch (error) {
      this.logger.warn({ host, err: error }, 'the name of the model servers cannot be looked up');
      return;
    }
    for (const [address, server] of servers) {
      if (addresses.has(address)) continue;
      servers.delete(address);
      await this.fleet.remove(server);
      this.logger.info({ host, endpoint: server.endpoint }, 'a model server has left');
    }
    for (const address of addresses) {
      if (servers.has(address)) continue;
      const server = name.create(address);
      servers.set(address, server);
      await this.fleet.add(server);
      this.logger.info({ host, endpoint: server.endpoint }, 'a model server has joined');
    }
  }
}
