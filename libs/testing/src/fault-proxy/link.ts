import type { Socket } from 'node:net';

export type LinkMode = 'pass' | 'hang' | 'slow' | 'garbage';

/** ms by which a slow link holds up every piece of what passes. */
const slowMs = 200;

/** One client's connection and the one behind it. */
export class Link {
  private mode: LinkMode = 'hang';
  private held: (() => void)[] = [];
  /** What passes slowly stays in its order. */
  private last = Promise.resolve();

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly garbage: () => Buffer,
  ) {
    this.join(client, upstream, (piece) => piece);
    this.join(upstream, client, (piece) => (this.mode === 'garbage' ? this.garbage() : piece));
  }

  use(mode: LinkMode): void {
    this.mode = mode;
    if (mode === 'hang') return;
    for (const pass of this.held.splice(0)) pass();
    this.client.resume();
    this.upstream.resume();
  }

  end(): void {
    this.client.destroy();
    this.upstream.destroy();
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.upstream.resetAndDestroy();
  }

  private join(from: Socket, to: Socket, change: (piece: Buffer) => Buffer): void {
    from.on('data', (piece: Buffer) => this.pass(() => to.write(change(piece))));
    from.on('end', () => this.pass(() => to.end()));
    from.on('close', () => this.pass(() => to.destroySoon()));
    from.on('error', () => undefined);
  }

  private pass(action: () => void): void {
    if (this.mode === 'hang') this.held.push(action);
    else if (this.mode === 'slow') this.last = this.last.then(() => after(slowMs)).then(action);
    else void this.last.then(action);
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
