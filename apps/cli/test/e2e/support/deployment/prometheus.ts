import { Child } from '@torchweave/testing/process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from './compose-file.js';
import type { ContainerWorld } from './container-world.js';

interface ScrapeConfig {
  readonly job_name: string;
  readonly dns_sd_configs: readonly { readonly names: readonly string[]; readonly port: number }[];
}

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
}

/** One sample of an answer to a query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

const folder = join(projectRoot, 'deploy/prometheus');

/** A real Prometheus with the configuration and rules of deploy/, which finds the processes of this machine. */
export class TestPrometheus {
  private constructor(
    private readonly url: string,
    private readonly child: Child,
  ) {}

  static async start(world: ContainerWorld): Promise<TestPrometheus> {
    const directory = world.path('prometheus', '/prometheus');
    const config = parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8')) as {
      global: object;
      scrape_configs: ScrapeConfig[];
    };
    // There is no DNS for the names of services here, and a test is in a hurry.
    const local = {
      ...config,
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(folder, 'alerts.yml')],
      scrape_configs: config.scrape_configs.map(({ job_name, dns_sd_configs }) => ({
        job_name,
        static_configs: dns_sd_configs.flatMap(({ names, port }) =>
          names.map((name) => ({ targets: [`127.0.0.1:${world.port(name, port)}`] })),
        ),
      })),
    };
    const file = join(directory, 'prometheus.yml');
    writeFileSync(file, stringify(local));
    const port = world.port('prometheus', 9090);
    const child = Child.start('prometheus', [
      ...['--config.file', file, '--storage.tsdb.path', join(directory, 'tsdb')],
      ...['--web.listen-address', `127.0.0.1:${port}`],
    ]);
    await child.waitForOutput(/Server is ready to receive web requests/);
    return new TestPrometheus(`http://127.0.0.1:${port}`, child);
  }

  /** @throws Error with Prometheus' own words for a query that it does not understand. */
  async query(query: string): Promise<Sample[]> {
    const body = new URLSearchParams({ query });
    const response = await fetch(`${this.url}/api/v1/query`, { method: 'POST', body });
    const answer = (await response.json()) as { status: string; error?: string; data?: { result: Sample[] } };
    if (answer.data === undefined) throw new Error(`${query}: ${answer.error}`);
    return answer.data.result;
  }

  /** The alert rules as they were last evaluated. */
  async rules(): Promise<Rule[]> {
    const response = await fetch(`${this.url}/api/v1/rules`);
    const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
    return data.groups.flatMap(({ rules }) => rules);
  }

  async dispose(): Promise<void> {
    await this.child.end();
  }
}
