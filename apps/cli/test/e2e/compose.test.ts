import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { composeServices, projectRoot } from './support/deployment/compose-file.js';
import { LocalServices } from './support/deployment/local-services.js';
import { missingProgram } from './support/deployment/missing-program.js';
import { missingTorchServe } from './support/torchweave.js';
import { fillStores } from './support/write-archives.js';

const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);
const noCompose = missingProgram('docker-compose', 'version', 'docker-compose');
const noBalancer = missingProgram('haproxy', '-v', 'haproxy');
const noTorchServe = missingTorchServe();

describe('docker-compose.yml', () => {
  it.skipIf(noCompose !== undefined)(`is one that docker-compose understands${because(noCompose)}`, () => {
    const { status, stderr } = spawnSync('docker-compose', [
      '-f',
      join(projectRoot, 'docker-compose.yml'),
      'config',
      '-q',
    ]);
    expect([status, String(stderr)]).toEqual([0, '']);
  });

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

describe.skipIf(noTorchServe !== undefined)(
  `the services of docker-compose.yml as local processes${because(noTorchServe)}`,
  () => {
    let services: LocalServices;

    beforeAll(async () => {
      services = await LocalServices.prepare();
      const { world } = services;
      fillStores(world.path('worker', '/workflows'), world.path('torchserve', '/models'));
      await Promise.all([services.startRedis(), services.startTorchServe()]);
      await Promise.all((['api', 'worker', 'gateway'] as const).map((app) => services.startApp(app)));
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
