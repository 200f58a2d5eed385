import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ReplicaSystem } from '../e2e/support/replicas/replica-system.js';
import { missingTorchServe } from '../e2e/support/torchweave.js';
import { unregisterAll } from '../e2e/support/unregister-all.js';
import { failedOf, shareOf, SteadyLoad, type Answered } from '../e2e/support/updates/steady-load.js';
import { writeVersion } from '../e2e/support/updates/versioned-archives.js';
import { fillStores } from '../e2e/support/write-archives.js';

const clients = 32;
/** ms that each state of a workflow is held for: with what changes them, a minute or more. */
const heldMs = 8_000;
/** Of so many answers, a share of 10 % is met within 1.3 points in 999 of 1,000 tries. */
const enoughForShares = 6_000;
/** How far a version's share may be off its weight, in points of 100. */
const shareTolerance = 2;

interface Phase {
  readonly phase: string;
  readonly answers: readonly Answered[];
}

const quantile = (answers: readonly Answered[], of: number): number =>
  answers.map(({ durationMs }) => durationMs).sort((a, b) => a - b)[Math.floor(answers.length * of)] ?? 0;

function tableOf(phases: readonly Phase[]): string {
  const rows = phases.map(({ phase, answers }) => {
    const versions = [...new Set(answers.flatMap(({ version }) => version ?? []))].sort();
    const shares = versions.map((version) => `${version}: ${shareOf(answers, version).toFixed(2)} %`).join(', ');
    const latencies = [0.5, 0.99, 1].map((of) => quantile(answers.slice(0, -1), of - 0.0001).toFixed(1)).join(' | ');
    return `| ${phase} | ${answers.length} | ${failedOf(answers).length} | ${shares} | ${latencies} |`;
  });
  const head = ['| | answers | failed | versions | p50 ms | p99 ms | longest ms |', '|---|---|---|---|---|---|---|'];
  return [...head, ...rows].join('\n');
}

const missing = missingTorchServe();
const title = `a workflow that changes under ${clients} clients, on two gateways behind a balancer`;

describe.skipIf(missing !== undefined)(`${title}${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let system: ReplicaSystem;

  beforeAll(async () => {
    system = await ReplicaSystem.start({ apps: ['api', 'worker', 'worker', 'gateway', 'gateway'], torchserves: 1 });
    fillStores(system.workflowStore, system.modelStore);
    for (const version of ['one', 'two', 'broken']) await writeVersion(system.workflowStore, { version });
    // TorchServe ends a worker that is at work when it scales down: what it was at is tried again, as is the spec's default.
    for (const version of ['model-one', 'model-two'])
      await writeVersion(system.workflowStore, { version, after: 'up', retryAttempts: 1 });
    await writeVersion(system.workflowStore, { version: 'unusable', after: 'missing' });
  });
  beforeEach(() => unregisterAll(system.management));
  afterAll(() => system.dispose());

  async function change(path: string, traffic?: object): Promise<{ code: number; errorCode?: string }> {
    const headers = { 'content-type': 'application/json' };
    const sent = traffic === undefined ? {} : { body: JSON.stringify(traffic), headers };
    const response = await fetch(`${system.management}/workflows/w${path}`, { method: 'PUT', ...sent });
    const { errorCode } = (await response.json()) as { errorCode?: string };
    return { code: response.status, ...(errorCode === undefined ? {} : { errorCode }) };
  }

  const scenarios = [
    { of: 'functions alone', first: 'one', second: 'two', scales: false },
    { of: 'a model on a TorchServe between them', first: 'model-one', second: 'model-two', scales: true },
  ];

  it.each(scenarios)('fails no request but those of the version that was made to fail: $of', async (scenario) => {
    const url = `${system.management}/workflows?url=${scenario.first}.war`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    const load = new SteadyLoad(`${system.inference}/wfpredict/w`, clients);
    onTestFinished(() => load.stop().then(() => undefined));
    const startedAt = performance.now();
    const phases: Phase[] = [];
    const changing = async (phase: string, act: () => Promise<void>): Promise<readonly Answered[]> => {
      const from = load.answers.length;
      await act();
      phases.push({ phase, answers: load.answers.slice(from) });
      return load.answers.slice(from);
    };
    const held = async (phase: string, weights: Readonly<Record<string, number>>): Promise<void> => {
      const answers = await load.during(heldMs, Object.keys(weights).length > 1 ? enoughForShares : 1);
      phases.push({ phase, answers });
      for (const [version, weight] of Object.entries(weights)) {
        expect(Math.abs(shareOf(answers, version) - weight), `${phase}: version ${version}`).toBeLessThan(
          shareTolerance,
        );
      }
    };

    await held('as registered', { 1: 100 });
    await changing('update', async () => {
      expect(await change(`?url=${scenario.second}.war`)).toEqual({ code: 200 });
    });
    await held('updated', { 2: 100 });
    await changing('update that fails', async () => {
      expect(await change('?url=unusable.war')).toEqual({ code: 400, errorCode: 'registrationFailed' });
    });
    await held('after the failed update', { 2: 100 });
    const madeToFail = await changing('rollback by itself', async () => {
      const update = await change('?url=broken.war&watch_seconds=60&max_error_rate=0.1');
      expect(update).toEqual({ code: 500, errorCode: 'updateRolledBack' });
    });
    await held('rolled back', { 2: 100 });
    await changing('traffic 90 to 10', async () => {
      expect(await change('/traffic', { weights: { 1: 10, 2: 90 } })).toEqual({ code: 200 });
    });
    await held('90 to 10', { 1: 10, 2: 90 });
    await changing('traffic 0 to 100', async () => {
      expect(await change('/traffic', { weights: { 1: 100, 2: 0 } })).toEqual({ code: 200 });
    });
    await held('0 to 100', { 1: 100 });
    if (scenario.scales) {
      await changing('from 1 worker to 3', async () => {
        expect(await change('?min_worker=3&max_worker=3')).toEqual({ code: 200 });
      });
      await held('3 workers', { 1: 100 });
      await changing('from 3 workers to 1', async () => {
        expect(await change('?min_worker=1&max_worker=1')).toEqual({ code: 200 });
      });
    }
    await changing('a gateway restarts', async () => {
      const gateway = system.replicas.find(({ app }) => app === 'gateway');
      if (gateway !== undefined) await system.replace(gateway, gateway.command);
    });
    await held('restarted', { 1: 100 });

    const seconds = (performance.now() - startedAt) / 1000;
    const all = await load.stop();
    console.log(`${scenario.of}, ${seconds.toFixed(0)} s, ${all.length} requests\n\n${tableOf(phases)}\n`);
    // The update that failed took number 3; 4 was made to fail, and nothing else has.
    const failures = failedOf(all).map(
      ({ status, version, body }) => `${status} of version ${version}: ${body.slice(0, 300)}`,
    );
    expect(failures.filter((failure) => !failure.startsWith('500 of version 4'))).toEqual([]);
    expect(failedOf(madeToFail).length).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(60);
  });
});
