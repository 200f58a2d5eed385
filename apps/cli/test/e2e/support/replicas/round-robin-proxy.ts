import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Hands each connection to the next replica that takes it. When none does, the connection waits for the next one that is
 * up, as a balancer's queue would let it. What is cut off on one side is cut off on the other.
 */
export class RoundRobinProxy {
  private next = 0;
  private readonly waiting = new Set<() => void>();
  /** Replicas that get no further connection. */
  private readonly draining = new Set<number>();
  private readonly clients = new Set<Socket>();
  private readonly server: Server;

  private constructor(private readonly ports: readonly number[]) {
    // Half open, as the replicas' own servers are: a client that has said everything still wants its answer.
    this.server = createServer({ allowHalfOpen: true }, (client) => void this.serve(client));
  }

  static async start(ports: readonly number[]): Promise<RoundRobinProxy> {
    const proxy = new RoundRobinProxy(ports);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Hands nothing new to a replica until {@link replicaIsUp}, as a balancer does before that is stopped. */
  drain(port: number): void {
    this.draining.add(port);
  }

  /** Tells that a replica is up again. */
  replicaIsUp(port: number): void {
    this.draining.delete(port);
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(client: Socket): Promise<void> {
    this.clients.add(client);
    client.on('error', () => client.destroy()).on('close', () => this.clients.delete(client));
    const replica = await this.connectToNext(client);
    if (replica === undefined) return;
    // A replica may answer and hang up while the client still speaks: what it says then is thrown away, the answer is not.
    const replicaHasGone = (): void => {
      if (replica.bytesRead > 0) client.resume().end();
      else client.destroy();
    };
    replica.on('error', replicaHasGone).on('close', replicaHasGone);
    client.on('close', () => replica.destroy());
    client.pipe(replica);
    replica.pipe(client);
  }

  /** @returns undefined when the client has gone. */
  private async connectToNext(client: Socket): Promise<Socket | undefined> {
    while (!client.destroyed) {
      // Asked for before trying: a replica that comes up meanwhile is not missed.
      const isUp = new Promise<void>((resolve) => this.waiting.add(resolve));
      const first = this.next++ % this.ports.length;
      for (const port of [...this.ports.slice(first), ...this.ports.slice(0, first)]) {
        const replica = this.draining.has(port) ? undefined : await connectTo(port);
        if (replica !== undefined) return replica;
      }
      await isUp;
    }
    return undefined;
  }
}

function connectTo(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}
