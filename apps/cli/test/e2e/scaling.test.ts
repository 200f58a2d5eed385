import { racePointsOf, scalingSaga } from '@torchweave/application';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingTorchServe, TestSystem } from './support/torchweave.js';
import { unregisterAll } from './support/unregister-all.js';
import { fillStores } from './support/write-archives.js';

const missing = missingTorchServe();

interface Model {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly workers: readonly { readonly status: string }[];
}

/** Asks again until it holds; the test's own timeout ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

describe.skipIf(missing !== undefined)(`scaling on TorchServe${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start();
    fillStores(system.workflowStore, system.modelStore);
  });
  afterEach(() => unregisterAll(system.management));
  afterAll(() => system.dispose());

  const register = async (): Promise<void> => {
    const registered = await fetch(`${system.management}/workflows?url=chain.war`, { method: 'POST' });
    expect(registered.status).toBe(200);
  };
  const scale = (query: string): Promise<Response> =>
    fetch(`${system.management}/workflows/chain?${query}`, { method: 'PUT' });
  const predict = async (): Promise<string> => {
    const init = { method: 'POST', body: 'hello', headers: { 'content-type': 'text/plain' } };
    const response = await fetch(`${system.inference}/wfpredict/chain`, init);
    return `${response.status} ${await response.text()}`;
  };
  const model = async (): Promise<Model | undefined> => {
    const response = await fetch(`${system.torchserve.managementUrl}/models/chain__up`);
    return response.ok ? ((await response.json()) as Model[])[0] : undefined;
  };
  const readyWorkers = async (): Promise<number> =>
    (await model())?.workers.filter(({ status }) => status === 'READY').length ?? 0;

  it('has as many workers ready as it says, fails no prediction meanwhile, and outlives a restart of TorchServe', async () => {
    await register();
    const described = await (await fetch(`${system.management}/workflows/chain`)).text();
    const answers: string[] = [];
    let isOver = false;
    const load = Promise.all(
      [1, 2, 3].map(async () => {
        while (!isOver) answers.push(await predict());
      }),
    );
    const scaled = await scale('min_worker=3&max_worker=4');
    expect([scaled.status, await scaled.json()]).toEqual([200, { status: 'Workers scaled to 3 for workflow: chain' }]);
    expect(await readyWorkers()).toBe(3);
    expect((await scale('min_worker=1&node=up')).status).toBe(200);
    expect(await model()).toMatchObject({ minWorkers: 1, maxWorkers: 1 });
    expect((await scale('min_worker=2')).status).toBe(200);
    isOver = true;
    await load;
    expect(answers.filter((answer) => answer !== '200 HELLO')).toEqual([]);
    await system.restartTorchServe();
    await until(async () => (await readyWorkers()) === 2);
    expect(await model()).toMatchObject({ minWorkers: 2, maxWorkers: 2 });
    expect(await (await fetch(`${system.management}/workflows/chain`)).text()).toBe(described);
  });

  it.each(racePointsOf(scalingSaga))('ends well when its worker is killed at %s', async (point) => {
    await register();
    await system.stopApp('worker');
    const doomed = await system.startStoppingWorker(point, 'doomed');
    const { operationId } = (await (await scale('min_worker=2&synchronous=false')).json()) as { operationId: string };
    await doomed.waitForOutput(/race point reached/);
    // Once it is stored, the workflow is free.
    if (point !== 'after-store-workers') {
      expect(await (await scale('min_worker=3')).json()).toMatchObject({ errorCode: 'workflowBusy', operationId });
    }
    await system.stopApp('doomed', 'SIGKILL');
    await system.startApp('worker');
    const state = async (): Promise<unknown> =>
      ((await (await fetch(`${system.management}/operations/${operationId}`)).json()) as { state: string }).state;
    await until(async () => (await state()) === 'succeeded');
    expect(await model()).toMatchObject({ minWorkers: 2, maxWorkers: 2 });
    expect(await predict()).toBe('200 HELLO');
  });
});
