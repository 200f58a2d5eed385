import { Child } from '@torchweave/testing/process';
import { redisServer } from '@torchweave/testing/redis';
import { startTorchServe, type TorchServeProcess } from '@torchweave/torchserve-tool';
import { mkdirSync, readFileSync } from 'node:fs';
import { imageDefaults } from './compose-file.js';
import { fillStores } from '../write-archives.js';
import { ContainerWorld } from './container-world.js';

export type AppService = 'api' | 'worker' | 'gateway';

/** What of TorchServe's command line the launcher of the tests gives by itself. */
const givenFlags = ['--foreground', '--ncs', '--disable-token-auth', '--enable-model-api'];

/** The services of docker-compose.yml as processes of this machine, by their very commands, environments and files. */
export class LocalServices {
  private readonly children: Child[] = [];
  private redis: Child | undefined;
  private torchserve: TorchServeProcess | undefined;

  private constructor(readonly world: ContainerWorld) {}

  /** @param given to {@link ContainerWorld.create}: files that change docker-compose.yml, and variables. */
  static async prepare(...given: Parameters<typeof ContainerWorld.create>): Promise<LocalServices> {
    return new LocalServices(await ContainerWorld.create(...given));
  }

  /** Fills the stores and starts Redis, TorchServe and one of each app. */
  async startAll(): Promise<void> {
    fillStores(this.world.path('worker', '/workflows'), this.world.path('torchserve', '/models'));
    await Promise.all([this.startRedis(), this.startTorchServe()]);
    await Promise.all((['api', 'worker', 'gateway'] as const).map((app) => this.startApp(app)));
  }

  async startRedis(): Promise<void> {
    // The image brings its redis-server; this machine may have another one.
    const [, ...args] = this.commandOf('redis');
    const directory = this.world.path('redis', '/data');
    const own = ['--port', String(this.world.port('redis', 6379)), '--bind', '127.0.0.1', '--dir', directory];
    this.redis = this.start(await redisServer(), [...args, ...own], {});
    await this.redis.waitForOutput(/Ready to accept connections/);
  }

  /** Redis keeps its connections and answers nothing until `use` has ended. */
  async whileRedisHangs(use: () => Promise<void>): Promise<void> {
    this.redis?.signal('SIGSTOP');
    await use().finally(() => this.redis?.signal('SIGCONT'));
  }

  async startTorchServe(): Promise<void> {
    const flags = new Map(
      this.commandOf('torchserve')
        .map((flag) => /^([^=]*)=?(.*)$/.exec(flag) ?? [])
        .map(([, name = '', value = '']) => [name, value]),
    );
    const missing = givenFlags.filter((flag) => !flags.has(flag));
    if (missing.length > 0) throw new Error(`docker-compose.yml starts TorchServe without ${missing.join(' ')}`);
    const config = readFileSync(this.world.path('torchserve', flags.get('--ts-config') ?? ''), 'utf8');
    this.torchserve = await startTorchServe({
      modelStore: this.world.path('torchserve', flags.get('--model-store') ?? ''),
      inferencePort: this.world.port('torchserve', 8080),
      managementPort: this.world.port('torchserve', 8081),
      metricsPort: this.world.port('torchserve', 8082),
      config: Object.fromEntries(
        [...config.matchAll(/^([^#=\n]+)=(.*)$/gm)].map(([, key, value]) => [key, value ?? '']),
      ) as Record<string, string>,
    });
  }

  async stopTorchServe(): Promise<void> {
    await this.torchserve?.stop();
  }

  /** Starts an app by the entry point of its image. The init process before it is the container's business. */
  async startApp(service: AppService): Promise<void> {
    const { entrypoint, environment } = imageDefaults();
    const [program = '', ...args] = [...entrypoint.slice(entrypoint.indexOf('--') + 1), ...this.commandOf(service)];
    const env = Object.entries({ ...environment, ...this.world.services[service]?.environment });
    mkdirSync(this.world.path(service, environment['TORCHWEAVE_DATA_DIR'] ?? ''), { recursive: true });
    const local = env.map(([name, value]) => [name, this.world.localize(service, value)] as const);
    const child = this.start(
      program,
      args.map((arg) => this.world.localize(service, arg)),
      Object.fromEntries(local),
    );
    await child.waitForOutput(new RegExp(`^${service} ready`, 'm'));
  }

  /** Starts the balancer with its configuration; its image's own start script does the same. */
  async startBalancer(): Promise<void> {
    const file = this.world.path('balancer', '/usr/local/etc/haproxy/haproxy.cfg');
    await this.start('haproxy', ['-W', '-db', '-f', file], {}).waitForOutput(/Loading success/);
  }

  /** Runs a service's own health check. @returns its exit code. */
  checkHealth(service: AppService): Promise<number | null> {
    const [, program = '', ...args] = this.world.services[service]?.healthcheck?.test ?? [];
    return Child.start(
      program,
      args.map((arg) => this.world.localize(service, arg)),
    ).waitForEnd();
  }

  async dispose(): Promise<void> {
    for (const child of this.children.reverse()) await child.end();
    await this.stopTorchServe();
    this.world.dispose();
  }

  private commandOf(service: string): readonly string[] {
    const command = this.world.services[service]?.command;
    if (command === undefined) throw new Error(`docker-compose.yml gives ${service} no command`);
    return command;
  }

  private start(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Child {
    const child = Child.start(program, args, { env });
    this.children.push(child);
    return child;
  }
}
