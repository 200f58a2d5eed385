import { silentLogger } from '@torchweave/application';
import { findServer } from '@torchweave/embedded-redis';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../process/child.js';
import { freePort } from '../process/free-port.js';

/** A real Redis or Valkey of a test's own, with an append-only file in a temporary folder. */
export class TestRedis {
  private constructor(
    readonly url: string,
    private readonly port: number,
    private readonly directory: string,
    private readonly more: readonly string[],
    private child: Child,
  ) {}

  /** @param more settings, as arguments of the server. */
  static async start(...more: readonly string[]): Promise<TestRedis> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'torchweave-redis-'));
    const child = await launch(port, directory, more);
    return new TestRedis(`redis://127.0.0.1:${port}`, port, directory, more, child);
  }

  /** Ends the server; the data stay. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.child.end(signal);
  }

  /** Starts the stopped server again on its data and its port. */
  async startAgain(): Promise<void> {
    this.child = await launch(this.port, this.directory, this.more);
  }

  /** Stops answering without closing connections, as a hung host does. */
  freeze(): void {
    this.child.signal('SIGSTOP');
  }

  thaw(): void {
    this.child.signal('SIGCONT');
  }

  async dispose(): Promise<void> {
    this.child.signal('SIGCONT');
    await this.child.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * The one on PATH, else the one that `torchweave start` fetches for itself.
 *
 * @throws TorchweaveError `embeddedRedisMissing` where there is neither.
 */
export const redisServer = (): Promise<string> =>
  findServer({ python: 'python3', path: process.env['PATH'] ?? '', logger: silentLogger });

async function launch(port: number, directory: string, more: readonly string[]): Promise<Child> {
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--appendonly', 'yes', '--save', ''];
  const child = Child.start(await redisServer(), [...own, ...more]);
  await child.waitForOutput(/Ready to accept connections/);
  return child;
}
