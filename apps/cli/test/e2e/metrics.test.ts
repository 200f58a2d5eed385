import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from './support/deployment/compose-file.js';
import { dashboardQueries } from './support/deployment/dashboard.js';
import { LocalServices } from './support/deployment/local-services.js';
import { missingProgram } from './support/deployment/missing-program.js';
import { TestPrometheus } from './support/deployment/prometheus.js';
import { missingTorchServe } from './support/torchweave.js';

const noPrometheus = missingProgram('promtool', '--version', 'prometheus');
const missing = noPrometheus ?? missingTorchServe();
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

describe.skipIf(noPrometheus !== undefined)(`the configuration of Prometheus${because(noPrometheus)}`, () => {
  it.each([
    ['config', 'prometheus.yml'],
    ['config', 'prometheus-keys.yml'],
    ['rules', 'alerts.yml'],
  ])('has %s that promtool accepts: %s', (kind, file) => {
    // The key of the one is not there.
    const flags = kind === 'config' ? ['--syntax-only'] : [];
    const path = join(projectRoot, 'deploy/prometheus', file);
    const { status, stderr } = spawnSync('promtool', ['check', kind, ...flags, path]);
    expect([status, String(stderr)]).toEqual([0, '']);
  });

  it('has alerts that ring when they should', () => {
    const path = join(projectRoot, 'deploy/prometheus/alerts.test.yml');
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', path]);
    expect([status, String(stderr)], String(stdout)).toEqual([0, '']);
  });
});

describe.skipIf(missing !== undefined)(`a Prometheus that scrapes the services${because(missing)}`, () => {
  let services: LocalServices;
  let prometheus: TestPrometheus;
  let running: TestPrometheus | undefined;

  beforeAll(async () => {
    services = await LocalServices.prepare();
    await services.startAll();
    await useEverything();
    prometheus = running = await TestPrometheus.start(services.world);
    // A rate needs several scrapes, of every kind of process, and something that happens between them.
    await untilScraped(4);
    await useEverything();
    await untilScraped(8);
  });
  afterAll(async () => {
    // Whatever did not start has nothing to end.
    await running?.dispose();
    await services.dispose();
  });

  async function untilScraped(times: number): Promise<void> {
    const isScraped = async (): Promise<boolean> =>
      (await prometheus.query(`count_over_time(up[1m]) >= ${times}`)).length === 4;
    await vi.waitUntil(isScraped, { timeout: 60_000, interval: 500 });
  }

  /** A version beside the active one, which gets a copy of every request. */
  async function addVersion(management: string): Promise<void> {
    const traffic = { weights: { 1: 100 }, shadow: { 2: 100 }, compare: true };
    const init = { method: 'PUT', body: JSON.stringify(traffic), headers: { 'content-type': 'application/json' } };
    const update = await fetch(`${management}/workflows/chain?url=chain.war&set_default=false`, { method: 'PUT' });
    const directed = await fetch(`${management}/workflows/chain/traffic`, init);
    expect([update.status, directed.status]).toEqual([200, 200]);
  }

  /** Registers, updates, refuses, predicts, fails and retries. */
  async function useEverything(): Promise<void> {
    const management = services.world.url('api', 8081);
    const post = (url: string): Promise<Response> => fetch(`${management}/workflows?url=${url}`, { method: 'POST' });
    for (const archive of ['chain.war', 'slow.war', 'missingmar.war']) {
      const { status } = await post(archive);
      if (status === 200 && archive === 'chain.war') await addVersion(management);
    }
    // The first one again: times are told by version of a workflow of which several have answered.
    for (const workflow of ['chain', 'slow', 'nosuch', 'chain']) {
      const init = { method: 'POST', body: 'hello', headers: { 'content-type': 'text/plain' } };
      await (await fetch(`${services.world.url('gateway', 8080)}/wfpredict/${workflow}`, init)).text();
    }
  }

  it.each(dashboardQueries())('has data for the panel $title: $query', async ({ query }) => {
    const samples = await prometheus.query(query);
    expect(samples.filter(({ value }) => value[1] !== 'NaN')).not.toEqual([]);
  });

  it('evaluates every alert rule', async () => {
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it('knows the metrics that the alert rules ask for, so that none is silent by a slip of the pen', async () => {
    const names = new Set((await prometheus.rules()).flatMap(({ query }) => query.match(/torchweave_\w+/g) ?? []));
    for (const name of names) expect([name, (await prometheus.query(name)).length > 0]).toEqual([name, true]);
  });

  it('raises the alarm about a model server that is gone', async () => {
    const rule = (await prometheus.rules()).find(({ name }) => name === 'TorchweaveModelServerDown');
    expect(await prometheus.query(rule?.query ?? '')).toEqual([]);
    await services.stopTorchServe();
    await vi.waitUntil(async () => (await prometheus.query(rule?.query ?? '')).length === 1, { timeout: 20_000 });
  });
});
