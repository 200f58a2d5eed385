import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Link, type LinkMode } from './link.js';

/**
 * What a proxy does to its connections: `pass` them on; `refuse` new ones and end those there are; `hang`, letting nothing
 * through either way; `reset` new ones and those there are; `slow` down every piece; answer `garbage`.
 */
export type FaultMode = LinkMode | 'refuse' | 'reset';

/** Where a proxy leads. */
export interface FaultTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * A TCP proxy of a test's own that does as it is told, to be put between any two parts. With several targets each new
 * connection goes to the next one that takes it, as a balancer's would.
 */
export class FaultProxy {
  private readonly links = new Set<Link>();
  private current: FaultMode = 'pass';
  private next = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly targets: readonly FaultTarget[],
  ) {
    server.on('connection', (client) => void this.accept(client));
  }

  /** Listens on a free port of loopback. @param targets `http://host:port`, `redis://host:port`, … */
  static async start(...targets: readonly string[]): Promise<FaultProxy> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const places = targets.map((target) => {
      const { hostname, port } = new URL(target);
      return { host: hostname, port: Number(port) };
    });
    return new FaultProxy(server, (server.address() as AddressInfo).port, places);
  }

  get mode(): FaultMode {
    return this.current;
  }

  /** Open connections of clients. */
  get connections(): number {
    return this.links.size;
  }

  /** Does so from now on, to the connections that there are as well. */
  async use(mode: FaultMode): Promise<void> {
    const before = this.current;
    this.current = mode;
    if (mode === 'refuse') this.server.close();
    else if (before === 'refuse') await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
    for (const link of this.links) {
      if (mode === 'reset') link.reset();
      else if (mode === 'refuse') link.end();
      else link.use(mode);
    }
  }

  async close(): Promise<void> {
    for (const link of this.links) link.end();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private async accept(client: Socket): Promise<void> {
    client.on('error', () => undefined);
    const mode = this.current;
    if (mode === 'reset' || mode === 'refuse') return void client.resetAndDestroy();
    const upstream = await this.connectToNext();
    if (upstream === undefined || client.destroyed) {
      upstream?.destroy();
      return void client.resetAndDestroy();
    }
    const link = new Link(client, upstream, () => randomBytes(64));
    this.links.add(link);
    client.once('close', () => this.links.delete(link));
    // The mode may be another one by now.
    if (this.current === 'reset' || this.current === 'refuse') link.reset();
    else link.use(this.current);
  }

  private async connectToNext(): Promise<Socket | undefined> {
    const first = (this.next += 1) % this.targets.length;
    for (const target of [...this.targets.slice(first), ...this.targets.slice(0, first)]) {
      const socket = connect(target).on('error', () => undefined);
      const isOpen = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      if (isOpen) return socket;
    }
    return undefined;
  }
}
