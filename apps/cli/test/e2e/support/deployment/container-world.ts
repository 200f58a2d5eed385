import { freePort } from '@torchweave/testing/process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { composeServices, projectRoot } from './compose-file.js';

const containerPorts = [6379, 8080, 8081, 8082, 9090];

/**
 * Where the containers of docker-compose.yml would be on this machine: every port is one of loopback, every mounted file a
 * copy with its addresses replaced, every other folder or volume an empty folder that the services share as the file says.
 */
export class ContainerWorld {
  private readonly directory = mkdtempSync(join(tmpdir(), 'torchweave-compose-'));

  private constructor(
    readonly services: ReturnType<typeof composeServices>,
    private readonly ports: ReadonlyMap<string, number>,
  ) {}

  /** @param given to {@link composeServices}. */
  static async create(...given: Parameters<typeof composeServices>): Promise<ContainerWorld> {
    const ports = new Map<string, number>();
    for (const service of Object.keys(composeServices())) {
      for (const port of containerPorts) ports.set(`${service}:${port}`, await freePort());
    }
    const world = new ContainerWorld(composeServices(...given), ports);
    for (const service of Object.keys(world.services)) world.mount(service);
    return world;
  }

  port(service: string, port: number): number {
    const found = this.ports.get(`${service}:${port}`);
    if (found === undefined) throw new Error(`${service} has no port ${port}`);
    return found;
  }

  url(service: string, port: number): string {
    return `http://127.0.0.1:${this.port(service, port)}`;
  }

  /** What a service's container would see at an absolute path. */
  path(service: string, path: string): string {
    for (const [source, target] of this.volumes(service)) {
      if (path !== target && !path.startsWith(`${target}/`)) continue;
      return join(
        this.directory,
        isFile(source) ? service : 'volumes',
        isFile(source) ? path : source + path.slice(target.length),
      );
    }
    return join(this.directory, service, path);
  }

  /** A text of a service with everything of its container replaced: names and ports, and paths that stand for themselves or after `=`. */
  localize(service: string, text: string): string {
    const names = Object.keys(this.services).join('|');
    const local = (name: string, port: string): string => `127.0.0.1:${this.port(name, Number(port))}`;
    return text
      .replace(/(^|=)\/app\//gm, `$1${projectRoot}`)
      .replace(/(?:0\.0\.0\.0|127\.0\.0\.1|(?<=bind )):(\d+)/g, (_, port: string) => local(service, port))
      .replace(new RegExp(`\\b(${names}):(\\d+)\\b`, 'g'), (_, name: string, port: string) => local(name, port))
      .replace(
        /(^|=)(\/(?:data|etc|models|workflows|prometheus)\b[\w./-]*)/gm,
        (_, before: string, path: string) => before + this.path(service, path),
      );
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private volumes(service: string): [source: string, target: string][] {
    return (this.services[service]?.volumes ?? []).map((volume) => volume.split(':', 2) as [string, string]);
  }

  private mount(service: string): void {
    for (const [source, target] of this.volumes(service)) {
      const path = this.path(service, target);
      mkdirSync(isFile(source) ? dirname(path) : path, { recursive: true });
      if (isFile(source)) writeFileSync(path, this.localize(service, readFileSync(join(projectRoot, source), 'utf8')));
    }
  }
}

/** Whether a service mounts one file of this project; a folder is mounted empty here. */
const isFile = (source: string): boolean =>
  source.startsWith('.') && statSync(join(projectRoot, source), { throwIfNoEntry: false })?.isFile() === true;
