import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, missingTorchServe } from './support/torchweave.js';
import { ReplicaSystem, type Replica } from './support/replicas/replica-system.js';
import { unregisterAll } from './support/unregister-all.js';
import { failedOf, shareOf, SteadyLoad } from './support/updates/steady-load.js';
import { writeVersion } from './support/updates/versioned-archives.js';
import { fillStores } from './support/write-archives.js';

const clients = 16;

const missing = missingTorchServe();
const title = 'a workflow that changes under load, on two gateways behind a balancer';

describe.skipIf(missing !== undefined)(`${title}${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let system: ReplicaSystem;

  beforeAll(async () => {
    system = await ReplicaSystem.start({ apps: ['api', 'worker', 'worker', 'gateway', 'gateway'], torchserves: 1 });
    fillStores(system.workflowStore, system.modelStore);
    for (const version of ['one', 'two', 'three', 'broken']) await writeVersion(system.workflowStore, { version });
    await writeVersion(system.workflowStore, { version: 'unusable', after: 'missing' });
    // Their answers are numbers, which the probe compares with 7.
    for (const version of ['7', '8', 'broken'])
      await writeVersion(system.workflowStore, { version, expected: 7, file: `probed-${version}` });
    for (const version of ['model-one', 'model-two'])
      await writeVersion(system.workflowStore, { version, after: 'up' });
  });
  afterAll(() => system.dispose());

  const gateways = (): Replica[] => system.replicas.filter(({ app }) => app === 'gateway');

  async function manage(method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }> {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${system.management}${path}`, { method, ...sent });
    return { status: response.status, answer: await response.json() };
  }

  it('answers every request, by whatever version is to', async () => {
    await unregisterAll(system.management);
    expect(await manage('POST', '/workflows?url=one.war')).toMatchObject({ status: 200 });
    const load = new SteadyLoad(`${system.inference}/wfpredict/w`, clients);
    await load.more(200);

    expect(await manage('PUT', '/workflows/w?url=two.war')).toMatchObject({
      status: 200,
      answer: { status: 'Workflow w has been updated: version 2 serves.', version: 2, activeVersion: 2 },
    });
    const updated = await load.more(400);
    expect(new Set(updated.map(({ body }) => body))).toEqual(new Set(['two']));

    expect(await manage('PUT', '/workflows/w?url=unusable.war')).toMatchObject({
      status: 400,
      answer: { errorCode: 'registrationFailed' },
    });
    expect(shareOf(await load.more(200), '2')).toBe(100);

    expect(await manage('PUT', '/workflows/w/traffic', { weights: { 1: 90, 2: 10 } })).toMatchObject({ status: 200 });
    const shared = await load.more(6_000);
    expect(Math.abs(shareOf(shared, '1') - 90)).toBeLessThan(2);
    expect(Math.abs(shareOf(shared, '2') - 10)).toBeLessThan(2);
    expect(new Set(shared.map(({ version, body }) => `${version} ${body}`))).toEqual(new Set(['1 one', '2 two']));

    expect(await manage('PUT', '/workflows/w/traffic', { weights: { 1: 0, 2: 100 } })).toMatchObject({ status: 200 });
    expect(shareOf(await load.more(400), '2')).toBe(100);
    expect(await manage('PUT', '/workflows/w/1/set-default')).toMatchObject({ status: 200 });
    expect(shareOf(await load.more(400), '1')).toBe(100);

    const gateway = system.replicas.find(({ app }) => app === 'gateway');
    if (gateway !== undefined) await system.replace(gateway, gateway.command);
    expect(shareOf(await load.more(400), '1')).toBe(100);
    expect(failedOf(await load.stop())).toEqual([]);
  });

  it('goes back by itself from a version that fails, and says so with figures', async () => {
    await unregisterAll(system.management);
    await manage('POST', '/workflows?url=one.war');
    const load = new SteadyLoad(`${system.inference}/wfpredict/w`, clients);
    await load.more(100);
    const update = await manage('PUT', '/workflows/w?url=broken.war&watch_seconds=60&max_error_rate=0.1');
    expect(update).toMatchObject({ status: 500, answer: { errorCode: 'updateRolledBack', version: 2, active: 1 } });
    const after = await load.more(400);
    expect(failedOf(after)).toEqual([]);
    expect(shareOf(after, '1')).toBe(100);
    const failed = failedOf(await load.stop());
    expect(failed.length).toBeGreaterThan(0);
    // Every failed request was of the version that was made to fail.
    expect(new Set(failed.map(({ status, version }) => `${status} ${version}`))).toEqual(new Set(['500 2']));
    // So does the log: what the function says, and what became of the request.
    for (const line of [
      /"workflow":"w","version":2,"node":"post",.*made to fail/,
      /"path":"\/wfpredict\/w","version":2,/,
    ])
      await Promise.any(gateways().map(({ child }) => child.waitForOutput(line)));
    expect(await manage('GET', '/workflows/w/all')).toMatchObject({
      answer: { activeVersion: 1, versions: [{ version: 1, state: 'active' }] },
    });
    // What does well stays.
    const good = await manage('PUT', '/workflows/w?url=three.war&watch_seconds=1');
    expect(good).toMatchObject({ status: 200, answer: { activeVersion: 3 } });
    expect(await manage('DELETE', '/workflows/w')).toMatchObject({ status: 200 });
  });

  it('sends a version its probe on every gateway before it serves', async () => {
    await unregisterAll(system.management);
    expect(await manage('POST', '/workflows?url=probed-broken.war')).toMatchObject({
      status: 400,
      answer: { errorCode: 'probeFailed', reason: expect.stringMatching(/^Error executing post/) as string },
    });
    expect(await manage('GET', '/workflows/w/all')).toMatchObject({ status: 404 });
    expect(await manage('POST', '/workflows?url=probed-7.war')).toMatchObject({
      status: 200,
      answer: { status: 'Workflow w has been registered and scaled successfully.' },
    });
    const load = new SteadyLoad(`${system.inference}/wfpredict/w`, clients);
    await load.more(50);
    expect(await manage('PUT', '/workflows/w?url=probed-8.war')).toMatchObject({
      status: 400,
      answer: {
        ...{ errorCode: 'probeFailed', type: 'WorkflowException', reason: 'its answer is 8, not 7' },
        gateway: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      },
    });
    expect(await manage('PUT', '/workflows/w?url=probed-7.war')).toMatchObject({ status: 200, answer: { version: 3 } });
    expect(shareOf(await load.more(100), '3')).toBe(100);
    expect(new Set((await load.stop()).map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 7']));
    expect(await manage('GET', '/workflows/w/all')).toMatchObject({
      answer: { versions: [{ version: 3, state: 'active' }, { version: 1 }] },
    });
  });

  it('does so with a model on TorchServe, whose versions lie beside one another', async () => {
    await unregisterAll(system.management);
    expect(await manage('POST', '/workflows?url=model-one.war')).toMatchObject({ status: 200 });
    const load = new SteadyLoad(`${system.inference}/wfpredict/w`, clients);
    await load.more(50);
    expect(await manage('PUT', '/workflows/w?url=model-two.war')).toMatchObject({ status: 200 });
    expect(shareOf(await load.more(100), '2')).toBe(100);
    expect(await manage('PUT', '/workflows/w/1/set-default')).toMatchObject({ status: 200 });
    expect(shareOf(await load.more(100), '1')).toBe(100);
    expect(await manage('DELETE', '/workflows/w/2')).toMatchObject({ status: 200 });
    expect(failedOf(await load.stop())).toEqual([]);
    expect(await system.leftovers.find()).toEqual(['workflow w', expect.stringContaining('model w__up on')]);
  });

  it('sends copies to a version that answers nobody, and no client feels them', async () => {
    await unregisterAll(system.management);
    expect(await manage('POST', '/workflows?url=one.war')).toMatchObject({ status: 200 });
    for (const url of ['two.war', 'broken.war'])
      expect(await manage('PUT', `/workflows/w?url=${url}&set_default=false`)).toMatchObject({ status: 200 });
    // What was counted of an earlier workflow of that name goes at a scrape.
    expect(await system.samples(/^(torchweave_shadow_requests_total)/)).toEqual(new Map());
    expect(await manage('PUT', '/workflows/w/traffic', { shadow: { 1: 5 } })).toMatchObject({
      ...{ status: 409, answer: { errorCode: 'versionServes' } },
    });
    const traffic = { shadow: { 2: 20, 3: 20 }, compare: true };
    expect(await manage('PUT', '/workflows/w/traffic', traffic)).toMatchObject({ status: 200 });
    expect(await manage('GET', '/workflows/w/all')).toMatchObject({
      answer: {
        compare: true,
        versions: [
          ...[3, 2].map((version) => ({ version, state: 'ready', weight: 0, shadow: 20 })),
          { version: 1, state: 'active', weight: 100 },
        ],
      },
    });
    const load = new SteadyLoad(`${system.inference}/wfpredict/w`, clients);
    const answers = await load.more(1_000);
    expect(await manage('DELETE', '/workflows/w/2')).toMatchObject({
      ...{ status: 409, answer: { errorCode: 'versionServes' } },
    });
    const copied = await system.samples(
      /^torchweave_shadow_requests_total\{workflow="w",version="(\d)",outcome="(\w+)"\}/,
    );
    // 20 % of the requests, and what is dropped of them.
    for (const key of ['2 different_body', '3 failed']) expect(copied.get(key)).toBeGreaterThan(answers.length / 20);
    expect(copied.get('2 same')).toBe(0);

    // The one that gets copies becomes the active one: none is copied any more.
    expect(await manage('PUT', '/workflows/w/2/set-default')).toMatchObject({ status: 200 });
    expect(shareOf(await load.more(200), '2')).toBe(100);
    expect(await manage('DELETE', '/workflows/w/3')).toMatchObject({ status: 200 });
    // All to one version, and copies, in one act.
    expect(await manage('PUT', '/workflows/w/traffic', { weights: { 1: 100 }, shadow: { 2: 100 } })).toMatchObject({
      status: 200,
    });
    expect(shareOf(await load.more(200), '1')).toBe(100);
    expect(await manage('DELETE', '/workflows/w/2')).toMatchObject({ status: 409 });
    const gateway = system.replicas.find(({ app }) => app === 'gateway');
    if (gateway !== undefined) await system.replace(gateway, gateway.command);
    expect(await manage('DELETE', '/workflows/w')).toMatchObject({ status: 200 });
    const all = await load.stop();
    // No other failure than that the workflow is gone in the end.
    expect(new Set(failedOf(all).map(({ status }) => status))).toEqual(new Set([404]));
    expect(new Set(all.map(({ body }) => body).filter((body) => body === 'broken'))).toEqual(new Set());
  });

  it('takes the archive itself for an update, and makes a workflow that is not there where it is told to', async () => {
    await unregisterAll(system.management);
    const put = async (file: string, query: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/zip' };
      const body = readFileSync(join(system.workflowStore, file));
      const response = await fetch(`${system.management}/workflows/w${query}`, { method: 'PUT', headers, body });
      return [response.status, (await response.json()) as { version?: number; errorCode?: string }];
    };
    expect(await put('one.war', '')).toMatchObject([404, { errorCode: 'workflowNotFound' }]);
    expect(await put('one.war', '?create=true')).toMatchObject([200, {}]);
    expect(await put('two.war', '')).toMatchObject([200, { version: 2 }]);
    expect(await manage('PUT', '/workflows/w/traffic', { weights: { 1: 100 }, sticky: null })).toMatchObject({
      status: 400,
      answer: { errorCode: 'parameterInvalid' },
    });
    const versions = await manage('GET', '/workflows/w/all');
    expect(versions).toMatchObject({
      answer: {
        versions: [
          { version: 2, state: 'active', weight: 100 },
          { version: 1, state: 'ready', weight: 0 },
        ],
      },
    });
  });

  it('does the same from the command line', async () => {
    await unregisterAll(system.management);
    const run = async (...words: string[]): Promise<string> => {
      const args = [command, 'workflow', ...words, '--management', system.management];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: system.workflowStore });
      return stdout.trim().replace(/ +/g, ' ');
    };
    expect(await run('update', 'w', './one.war', '--create')).toBe('Workflow w is updated: version 1 serves.');
    expect(await run('update', 'w', 'two.war')).toBe('Workflow w is updated: version 2 serves.');
    expect(await run('update', 'w', 'three.war', '--no-default')).toBe(
      'Version 3 of workflow w is ready; version 2 serves.',
    );
    expect(await run('traffic', 'w', '2=75', '3=25')).toBe(
      'The requests to workflow w are shared out: version 2 75 %, version 3 25 %.',
    );
    const lines = (await run('versions', 'w')).split('\n');
    expect(lines.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual([
      ...['3 ready 25 % three.war', '2 active 75 % two.war'],
      expect.stringMatching(/^1 ready 0 % sha256:/),
    ]);
    expect(await run('traffic', 'w', '--shadow', '3=20', '--shadow', '1=5', '--compare')).toBe(
      'The active version of workflow w answers all requests. Copies: version 1 5 %, version 3 20 %.',
    );
    expect((await run('versions', 'w')).split('\n')[0]).toMatch(/^3 ready 0 % three\.war .* copies of 20 %$/);
    await expect(run('traffic', 'w')).rejects.toMatchObject({
      stderr: expect.stringContaining('Neither a share nor --shadow is given') as string,
    });
    expect(await run('rollback', 'w')).toBe('Version 1 of workflow w serves.');
    expect(await run('rollback', 'w', '3')).toBe('Version 3 of workflow w serves.');
    await expect(run('rollback', 'w', '9')).rejects.toMatchObject({
      stderr: expect.stringContaining('Workflow w has no version 9.') as string,
    });
  });
});
