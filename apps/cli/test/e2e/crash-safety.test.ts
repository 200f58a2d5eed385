import { racePointsOf, registrationSaga, undoPointsOf, unregistrationSaga } from '@torchweave/application';
import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { unregisterAll } from './support/unregister-all.js';
import { missingTorchServe, TestSystem } from './support/torchweave.js';
import { fillStores } from './support/write-archives.js';

const missing = missingTorchServe();
const whileUndoing = undoPointsOf(registrationSaga);

interface OperationAnswer {
  state: string;
  attempts: number;
  error?: { type: string; message: string };
}

describe.skipIf(missing !== undefined)(`crash safety${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start();
    fillStores(system.workflowStore, system.modelStore);
  });
  afterEach(() => unregisterAll(system.management));
  afterAll(() => system.dispose());

  const post = (query: string): Promise<Response> =>
    fetch(`${system.management}/workflows?${query}`, { method: 'POST' });
  const writeFunctionsOnly = async (name: string, handler: string): Promise<void> => {
    const files = workflowFiles({ name, spec: specText({ models: {}, dag: { pre: [] } }), handler });
    writeFileSync(join(system.workflowStore, `${name}.war`), await zipOf(files));
  };
  const predict = async (workflow: string): Promise<string> => {
    const body = { method: 'POST', body: 'hello', headers: { 'content-type': 'text/plain' } };
    const response = await fetch(`${system.inference}/wfpredict/${workflow}`, body);
    return `${response.status} ${await response.text()}`;
  };
  const modelsOnTorchServe = async (): Promise<string[]> => {
    const page = (await (await fetch(`${system.torchserve.managementUrl}/models`)).json()) as {
      models: { modelName: string }[];
    };
    return page.models.map((model) => model.modelName);
  };

  /** Follows an operation to its end; the workers' events drive it, the requests only look. */
  async function endOf(operationId: string): Promise<OperationAnswer> {
    for (;;) {
      const answer = (await (await fetch(`${system.management}/operations/${operationId}`)).json()) as OperationAnswer;
      if (answer.state === 'succeeded' || answer.state === 'failed') return answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Leaves a job to a worker that stands still at the race point, and kills that worker there. */
  async function killedAt(point: string, submit: () => Promise<Response>): Promise<string> {
    await system.stopApp('worker');
    const doomed = await system.startStoppingWorker(point, 'doomed');
    const { operationId } = (await (await submit()).json()) as { operationId: string };
    await doomed.waitForOutput(/race point reached/);
    await system.stopApp('doomed', 'SIGKILL');
    await system.startApp('worker');
    return operationId;
  }

  it.each(racePointsOf(registrationSaga))('a registration whose worker is killed at %s ends ready', async (point) => {
    const operationId = await killedAt(point, () => post('url=chain.war&synchronous=false'));
    expect(await endOf(operationId)).toMatchObject({ state: 'succeeded', attempts: 2 });
    expect(await predict('chain')).toBe('200 HELLO');
    expect(await modelsOnTorchServe()).toEqual(['chain__up']);
  });

  it.each(whileUndoing)(
    'a failing registration whose worker is killed at %s ends failed, with nothing left',
    async (point) => {
      const operationId = await killedAt(point, () => post('url=unknownfn.war&synchronous=false'));
      expect(await endOf(operationId)).toMatchObject({
        state: 'failed',
        attempts: 2,
        error: { type: 'WorkflowException', message: expect.stringContaining('nosuch') as string },
      });
      expect(await modelsOnTorchServe()).toEqual([]);
      // The name is free again.
      expect((await post('url=chain.war&workflow_name=unknownfn')).status).toBe(200);
    },
  );

  it.each(racePointsOf(unregistrationSaga))(
    'an unregistration whose worker is killed at %s ends with nothing left',
    async (point) => {
      expect((await post('url=chain.war')).status).toBe(200);
      const remove = (): Promise<Response> =>
        fetch(`${system.management}/workflows/chain?synchronous=false`, { method: 'DELETE' });
      const operationId = await killedAt(point, remove);
      expect(await endOf(operationId)).toMatchObject({ state: 'succeeded' });
      expect(await modelsOnTorchServe()).toEqual([]);
      expect(await predict('chain')).toMatch(/^404/);
      expect((await post('url=chain.war')).status).toBe(200);
    },
  );

  it('one of two equal registrations at once wins, the other gets 409', async () => {
    const statuses = (await Promise.all([post('url=chain.war'), post('url=chain.war')])).map(
      (response) => response.status,
    );
    expect(statuses.sort()).toEqual([200, 409]);
    expect(await predict('chain')).toBe('200 HELLO');
  });

  it.each(['api', 'worker', 'gateway'] as const)('a restarted %s goes on where it was', async (app) => {
    expect((await post('url=chain.war')).status).toBe(200);
    await system.stopApp(app, 'SIGKILL');
    await system.startApp(app);
    expect(await (await fetch(`${system.management}/workflows`)).json()).toMatchObject({
      workflows: [{ workflowName: 'chain', workflowUrl: 'chain.war' }],
    });
    expect(await predict('chain')).toBe('200 HELLO');
    expect((await fetch(`${system.management}/workflows/chain`, { method: 'DELETE' })).status).toBe(200);
    expect(await predict('chain')).toMatch(/^404/);
  });

  it('workflows are still there after a restart of Redis, and served meanwhile', async () => {
    expect((await post('url=chain.war')).status).toBe(200);
    await system.redis.stop('SIGKILL');
    expect(await predict('chain')).toBe('200 HELLO');
    expect((await fetch(`${system.management}/workflows`)).status).toBe(503);
    await system.redis.startAgain();
    await until(async () => (await fetch(`${system.management}/workflows/chain`)).status === 200);
    expect(await predict('chain')).toBe('200 HELLO');
    await until(async () => (await fetch(`${system.management}/workflows/chain`, { method: 'DELETE' })).status === 200);
    await until(async () => (await predict('chain')).startsWith('404'));
  });

  it.each(['after-register-nodes', 'after-probe'])(
    'a registration with a probe whose worker is killed at %s ends ready, or with nothing left',
    async (point) => {
      for (const [name, answer, end] of [
        ['good', 'ab', { state: 'succeeded', attempts: 2 }],
        [
          'bad',
          1,
          { state: 'failed', attempts: 2, error: { message: expect.stringMatching(/probe has failed/) as string } },
        ],
      ] as const) {
        // What is bad does not come past its probe.
        if (name === 'bad' && point === 'after-probe') continue;
        const spec = JSON.parse(specText({ models: {}, dag: { pre: [] } })) as object;
        const probe = { file: 'probe.json', answer: 'answer.json' };
        const files = workflowFiles({
          ...{ name, spec: JSON.stringify({ ...spec, probe }) },
          handler: 'def pre(data, context):\n    return None if data is None else [row["body"] for row in data]\n',
          files: { 'probe.json': '{"a": "ab"}', 'answer.json': JSON.stringify({ a: answer }) },
        });
        writeFileSync(join(system.workflowStore, `${name}.war`), await zipOf(files));
        const operationId = await killedAt(point, () => post(`url=${name}.war&synchronous=false`));
        expect(await endOf(operationId)).toMatchObject(end);
        expect((await predict(name)).slice(0, 3)).toBe(end.state === 'succeeded' ? '200' : '404');
      }
    },
  );

  it('a registration whose gateway is killed while it loads the functions ends ready', async () => {
    const begun = join(system.directory, 'begun');
    const handler = ['import os, time', `if not os.path.exists(${JSON.stringify(begun)}):`]
      .concat([`    open(${JSON.stringify(begun)}, "w").close()`, '    time.sleep(600)'])
      .concat(['def pre(data, context):', '    return None if data is None else ["loaded"]'])
      .join('\n');
    await writeFunctionsOnly('slow', handler);
    const { operationId } = (await (await post('url=slow.war&synchronous=false')).json()) as { operationId: string };
    await until(() => Promise.resolve(existsSync(begun)));
    await system.stopApp('gateway', 'SIGKILL');
    expect(await endOf(operationId)).toMatchObject({ state: 'succeeded', attempts: 1 });
    await system.startApp('gateway');
    expect(await predict('slow')).toBe('200 loaded');
  });

  it('functions that load in the worker and not in the gateway are refused, in the words of the gateway', async () => {
    const modules = join(system.directory, 'modules');
    mkdirSync(modules);
    writeFileSync(join(modules, 'only_there.py'), '');
    await writeFunctionsOnly('there', 'import only_there\n\ndef pre(data, context):\n    return None\n');
    await system.stopApp('worker');
    await system.startApp('worker', { env: { PYTHONPATH: modules } });
    const refused = await post('url=there.war');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("No module named 'only_there'");
    // The name is free again, and without a gateway it is the worker's word that counts.
    await system.stopApp('gateway');
    expect((await post('url=there.war')).status).toBe(200);
    await system.startApp('gateway');
  });

  it('a restarted TorchServe gets back the models that it has lost', async () => {
    expect((await post('url=diamond.war')).status).toBe(200);
    await system.restartTorchServe();
    await until(async () => (await predict('diamond')).startsWith('200'));
    expect((await modelsOnTorchServe()).sort()).toEqual(['diamond__rv', 'diamond__up']);
  });
});

/** Asks again until it holds; the test's own timeout ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
