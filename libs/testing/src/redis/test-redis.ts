import { spawnSync } from 'node:child_process';
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
    private child: Child,
  ) {}

  static async start(): Promise<TestRedis> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'torchweave-redis-'));
    return new TestRedis(`redis://127.0.0.1:${port}`, port, directory, await launch(port, directory));
  }

  /** Ends the server; the data stay. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.child.end(signal);
  }

  /** Starts the stopped server again on its data and its port. */
  async startAgain(): Promise<void> {
    this.child = await launch(this.port, this.directory);
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

function findServer(): string {
  const found = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (found === undefined) throw new Error('these tests need valkey-server or redis-server on PATH');
  return found;
}

async function launch(port: number, directory: string): Promise<Child> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--appendonly', 'yes', '--save', ''];
  const child = Child.start(findServer(), args);
  await child.waitForOutput(/Ready to accept connections/);
  return child;
}
