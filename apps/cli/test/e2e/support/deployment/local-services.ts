import { Child, freePort } from '@torchweave/testing/process';
import { startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { composeServices, imageDefaults, projectRoot } from './compose-file.js';

const apps = ['api', 'worker', 'gateway'] as const;
type Service = (typeof apps)[number] | 'redis' | 'torchserve' | 'balancer';

/** What of a TorchServe's command line the tests' own launcher gives anyway, or takes as an option. */
const torchServeFlags = ['--foreground', '--ncs', '--disable-token-auth', '--enable-model-api'];

/**
 * The services of docker-compose.yml as processes of this machine: the very commands, environments and mounted files, with
 * names, ports and paths of containers replaced by ones of loopback and of a temporary folder.
 */
export class LocalServices {
  readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-compose-'));
  private readonly services = composeServices();
  private readonly ports = new Map<string, number>();
  private readonly children: Child[] = [];
  private torchserve: TorchServeProcess | undefined;

  static async prepare(): Promise<LocalServices> {
    const local = new LocalServices();
    const wanted = [...apps, 'redis', 'torchserve', 'balancer'].flatMap((service) =>
      [6379, 8080, 8081, 8082].map((port) => `${service}:${port}`),
    );
    for (const key of wanted) local.ports.set(key, await freePort());
    return local;
  }

  /** The folder or file that a container sees at `path`. */
  at(path: string): string {
    return join(this.directory, path);
  }

  /** Where a port of a container is found on this machine. */
  address(service: Service, port: number): string {
    return `http://127.0.0.1:${this.portOf(service, port)}`;
  }

  async startRedis(): Promise<void> {
    const { command } = this.services['redis'] ?? { command: [] };
    const [program = '', ...args] = command;
    mkdirSync(this.at('/redis'));
    const own = ['--port', String(this.portOf('redis', 6379)), '--bind', '127.0.0.1', '--dir', this.at('/redis')];
    const child = Child.start(program, [...args, ...own]);
    this.children.push(child);
    await child.waitForOutput(/Ready to accept connections/);
  }

  async startTorchServe(): Promise<void> {
    const { command = [] } = this.services['torchserve'] ?? {};
    const options = Object.fromEntries(command.map((flag) => flag.split('=') as [string, string?]));
    const { '--ts-config': tsConfig = '', '--model-store': modelStore = '', ...switches } = options;
    const missing = torchServeFlags.filter((flag) => !(flag in switches));
    if (missing.length > 0) throw new Error(`the tests start TorchServe with ${missing.join(' ')}, the compose file does not`);
    this.mount('torchserve');
    const config = Object.fromEntries(
      readFileSync(this.at(tsConfig), 'utf8')
        .split('\n')
        .filter((line) => line.includes('=') && !line.startsWith('#'))
        .map((line) => line.split('=', 2) as [string, string]),
    );
    this.torchserve = await startTorchServe({
      modelStore: this.at(modelStore),
      inferencePort: this.portOf('torchserve', 8080),
      managementPort: this.portOf('torchserve', 8081),
      metricsPort: this.portOf('torchserve', 8082),
      config,
    });
  }

  /** Starts an app with its image's entry point. */
  async startApp(service: (typeof apps)[number]): Promise<void> {
    const { command = [], environment = {} } = this.services[service] ?? {};
    const image = imageDefaults();
    this.mount(service);
    const [program = '', ...args] = [...image.entrypoint.slice(image.entrypoint.indexOf('--') + 1), ...command];
    const env = Object.entries({ ...image.environment, ...environment });
    const child = Child.start(program, args.map((arg) => this.localize(service, arg)), {
      env: Object.fromEntries(env.map(([name, value]) => [name, this.localize(service, value)])),
    });
    this.children.push(child);
    await child.waitForOutput(new RegExp(`^${service} ready`, 'm'));
  }

  async startBalancer(): Promise<void> {
    this.mount('balancer');
    const child = Child.start('haproxy', ['-W', '-db', '-f', this.at('/usr/local/etc/haproxy/haproxy.cfg')]);
    this.children.push(child);
    await child.waitForOutput(/Loading success/);
  }

  /** Runs a service's own health check. @returns its exit code. */
  async checkHealth(service: (typeof apps)[number]): Promise<number | null> {
    const [, program = '', ...args] = this.services[service]?.healthcheck?.test ?? [];
    const child = Child.start(program, args.map((arg) => this.localize(service, arg)));
    return child.waitForEnd();
  }

  async dispose(): Promise<void> {
    for (const child of this.children.reverse()) await child.end();
    await this.torchserve?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private portOf(service: string, port: number): number {
    const found = this.ports.get(`${service}:${port}`);
    if (found === undefined) throw new Error(`${service} has no port ${port}`);
    return found;
  }

  /** Puts what a service mounts where {@link at} finds it: files with their addresses replaced, folders and volumes empty. */
  private mount(service: Service): void {
    for (const volume of this.services[service]?.volumes ?? []) {
      const [source = '', target = ''] = volume.split(':');
      const file = join(projectRoot, source);
      if (source.startsWith('.') && statSync(file, { throwIfNoEntry: false })?.isFile() === true) {
        mkdirSync(dirname(this.at(target)), { recursive: true });
        // A file of each service's own: the same address is another port for each.
        writeFileSync(this.ownFile(service, target), this.localize(service, readFileSync(file, 'utf8')));
      } else {
        mkdirSync(this.at(target), { recursive: true });
      }
    }
  }

  private ownFile(service: Service, target: string): string {
    return this.at(isShared(target) ? `${target}.${service}` : target);
  }

  private localize(service: Service, text: string): string {
    const names = [...this.ports.keys()].map((key) => key.slice(0, key.indexOf(':')));
    return text
      .replace(/^\/app\//, projectRoot)
      .replace(/(?:0\.0\.0\.0|127\.0\.0\.1):(\d+)/g, (_, port: string) => `127.0.0.1:${this.portOf(service, Number(port))}`)
      .replace(/bind :(\d+)/g, (_, port: string) => `bind 127.0.0.1:${this.portOf(service, Number(port))}`)
      .replace(new RegExp(`\\b(${[...new Set(names)].join('|')}):(\\d+)\\b`, 'g'), (_, name: string, port: string) => `127.0.0.1:${this.portOf(name, Number(port))}`)
      .replace(/(?<![\w:/.])\/(?:etc\/torchweave|data|workflows|models)[\w/.]*/g, (path) => isShared(path) ? this.ownFile(service, path) : this.at(path));
  }
}

/** A file that several services mount. */
const isShared = (target: string): boolean => target === '/etc/torchweave/config.properties';
