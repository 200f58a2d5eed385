import { jobCatalogue, type Operation } from '@torchweave/application';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { composeServices, projectRoot } from './support/deployment/compose-file.js';
import { LocalServices } from './support/deployment/local-services.js';
import { missingProgram } from './support/deployment/missing-program.js';
import { missingTorchServe } from './support/torchweave.js';

interface PrometheusConfig {
  readonly scrape_configs: readonly { readonly job_name: string }[];
}

const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);
const noCompose = missingProgram('docker-compose', 'version', 'docker-compose');
const noBalancer = missingProgram('haproxy', '-v', 'haproxy');
const noTorchServe = missingTorchServe();

describe('docker-compose.yml', () => {
  it.skipIf(noCompose !== undefined).each([[[]], [['docker-compose.keys.yml']]])(
    `is one that docker-compose understands${because(noCompose)}, with %j too`,
    (overrides) => {
      const files = ['docker-compose.yml', ...overrides].flatMap((file) => ['-f', join(projectRoot, file)]);
      const { status, stderr } = spawnSync('docker-compose', [...files, 'config', '-q']);
      expect([status, String(stderr)]).toEqual([0, '']);
    },
  );

  it.skipIf(noBalancer !== undefined)(`has a balancer whose configuration is valid${because(noBalancer)}`, () => {
    const file = join(projectRoot, 'deploy/haproxy/haproxy.cfg');
    const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', file]);
    expect([status, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining('Configuration file is valid')]);
  });

  it('pins every image, and leaves what may be scaled without a port or name of its own', () => {
    const services = Object.entries(composeServices());
    for (const [name, service] of services)
      expect([name, service.image]).toEqual([name, expect.stringMatching(/:[\w.-]+$/)]);
    for (const name of ['api', 'worker', 'gateway', 'torchserve']) {
      expect(composeServices()[name]).not.toHaveProperty('ports');
      expect(composeServices()[name]).not.toHaveProperty('container_name');
    }
  });

  it('publishes nothing beyond this host unless it is told to', () => {
    const published = Object.values(composeServices()).flatMap(({ ports = [] }) => ports);
    expect(published.length).toBeGreaterThan(3);
    for (const port of published) expect(port).toMatch(/^(?:127\.0\.0\.1|\$\{[A-Z]+_BIND:-127\.0\.0\.1\}):\d+:\d+$/);
  });

  it('mounts files that are there', () => {
    const mounted = Object.values(composeServices()).flatMap(({ volumes = [] }) => volumes);
    for (const volume of mounted.filter((entry) => entry.startsWith('./deploy'))) {
      expect([volume, existsSync(join(projectRoot, volume.split(':')[0] ?? ''))]).toEqual([volume, true]);
    }
  });
});

describe('the health check of the image', () => {
  it.each([
    ['nothing listens', 'http://127.0.0.1:1/health/live', 1],
    ['the address is none', 'nonsense', 1],
  ])('fails where %s', (_, url, status) => {
    const script = join(projectRoot, 'deploy/healthcheck.mjs');
    expect(spawnSync(process.execPath, [script, url]).status).toBe(status);
  });
});

describe('the services as local processes that are published beyond this host', () => {
  it.each([
    ['api', 'MANAGEMENT_BIND'],
    ['gateway', 'INFERENCE_BIND'],
  ] as const)('does not start %s when it is published on all addresses without keys', async (app, variable) => {
    const services = await LocalServices.prepare([], { [variable]: '0.0.0.0' });
    try {
      await services.startRedis();
      await expect(services.startApp(app)).rejects.toThrow(/Setting published_on must be .*--key-file.*"0\.0\.0\.0"/);
    } finally {
      await services.dispose();
    }
  });
});

describe('the services as local processes that ask for keys', () => {
  const keys = { read: 'the-key-of-read', register: 'the-key-of-register' };
  let services: LocalServices;

  beforeAll(async () => {
    services = await LocalServices.prepare(['docker-compose.keys.yml']);
    const named = Object.entries(keys).map(([role, key]) => ({
      ...{ name: role, role },
      sha256: createHash('sha256').update(key).digest('hex'),
    }));
    writeFileSync(services.world.path('api', '/etc/torchweave/keys/key_file.json'), JSON.stringify({ keys: named }));
    await services.startRedis();
    await Promise.all((['api', 'worker', 'gateway'] as const).map((app) => services.startApp(app)));
  });
  afterAll(() => services.dispose());

  const status = async (url: string, key?: string): Promise<number> => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return (await fetch(url, { headers })).status;
  };

  it.each(['api', 'worker', 'gateway'] as const)('pass the health check of %s', async (app) => {
    expect(await services.checkHealth(app)).toBe(0);
  });

  it('tell the metrics to whoever has the key that Prometheus has', async () => {
    for (const app of ['api', 'worker', 'gateway']) {
      const metrics = `${services.world.url(app, 8082)}/metrics`;
      expect([app, await status(metrics), await status(metrics, keys.read)]).toEqual([app, 401, 200]);
    }
  });

  it.skipIf(noBalancer !== undefined)(
    `are reached through the balancer, with a key${because(noBalancer)}`,
    async () => {
      const { world } = services;
      await services.startBalancer();
      const workflows = `${world.url('balancer', 8081)}/workflows`;
      await vi.waitUntil(async () => (await status(workflows)) === 401, { timeout: 10_000 });
      expect([await status(workflows, keys.read), await status(workflows, 'wrong-wrong')]).toEqual([200, 401]);
    },
  );

  it('are scraped by a Prometheus that has the same configuration as without keys but for the key', () => {
    const read = (file: string): PrometheusConfig =>
      parse(readFileSync(join(projectRoot, 'deploy/prometheus', file), 'utf8')) as PrometheusConfig;
    const { scrape_configs: guarded, ...rest } = read('prometheus-keys.yml');
    const { scrape_configs: open, ...openRest } = read('prometheus.yml');
    expect(rest).toEqual(openRest);
    const authorization = { credentials_file: '/etc/prometheus-keys/read.key' };
    expect(guarded).toEqual(open.map((job) => (job.job_name === 'torchserve' ? job : { ...job, authorization })));
  });
});

describe.skipIf(noTorchServe !== undefined)(
  `the services of docker-compose.yml as local processes${because(noTorchServe)}`,
  () => {
    let services: LocalServices;

    beforeAll(async () => {
      services = await LocalServices.prepare();
      await services.startAll();
    });
    afterAll(() => services.dispose());

    async function registerAndPredict(management: string, inference: string, name: string): Promise<void> {
      const query = `url=chain.war&workflow_name=${name}`;
      const registered = await fetch(`${management}/workflows?${query}`, { method: 'POST' });
      expect([registered.status, await registered.text()]).toEqual([200, expect.stringContaining(name)]);
      const headers = { 'content-type': 'text/plain' };
      const predicted = await fetch(`${inference}/wfpredict/${name}`, { method: 'POST', body: 'hello', headers });
      expect([predicted.status, await predicted.text()]).toEqual([200, 'HELLO']);
    }

    it('register a workflow and run it', async () => {
      const { world } = services;
      await registerAndPredict(world.url('api', 8081), world.url('gateway', 8080), 'direct');
    });

    it.each([
      ['POST', '?url=chain.war&workflow_name=stepwise&', 'register-workflow'],
      ['DELETE', '/stepwise?', 'unregister-workflow'],
    ] as const)(
      'take the steps of the catalogue for a %s, so that the board tells the progress',
      async (method, path, job) => {
        const management = services.world.url('api', 8081);
        const submitted = await fetch(`${management}/workflows${path}synchronous=false`, { method });
        const { operationId } = (await submitted.json()) as { operationId: string };
        const operation = await vi.waitUntil(
          async () => {
            const found = (await (await fetch(`${management}/operations/${operationId}`)).json()) as Operation;
            return found.state === 'succeeded' && found;
          },
          { timeout: 20_000 },
        );
        expect(operation.steps.map(({ name }) => name)).toEqual(jobCatalogue[job].steps);
      },
    );

    it.each(['api', 'worker', 'gateway'] as const)('pass the health check of %s', async (app) => {
      expect(await services.checkHealth(app)).toBe(0);
    });

    it('fail the health checks of api and worker while Redis hangs, and not that of gateway, which serves on', async () => {
      await services.whileRedisHangs(async () => {
        const codes = (['api', 'worker', 'gateway'] as const).map((app) => services.checkHealth(app));
        expect(await Promise.all(codes)).toEqual([1, 1, 0]);
      });
      await vi.waitUntil(async () => (await services.checkHealth('worker')) === 0, { timeout: 10_000 });
    });

    it.each(['api', 'worker', 'gateway'])('tell the metrics of %s where Prometheus looks for them', async (app) => {
      const response = await fetch(`${services.world.url(app, 8082)}/metrics`);
      expect(await response.text()).toContain(`torchweave_build_info{app="${app}"`);
    });

    it('keep the registered archives in the volume that worker and gateway share', () => {
      const { world } = services;
      expect(world.path('worker', '/data/archives')).toBe(world.path('gateway', '/data/archives'));
      expect(world.path('api', '/data/archives')).toBe(world.path('worker', '/data/archives'));
    });

    it.skipIf(noBalancer !== undefined)(`are reached through the balancer${because(noBalancer)}`, async () => {
      const { world } = services;
      await services.startBalancer();
      const isUp = async (port: number): Promise<boolean> =>
        (await fetch(`${world.url('balancer', port)}/health/ready`)).ok;
      for (const port of [8080, 8081]) await vi.waitUntil(() => isUp(port), { timeout: 10_000 });
      await registerAndPredict(world.url('balancer', 8081), world.url('balancer', 8080), 'balanced');
    });
  },
);
