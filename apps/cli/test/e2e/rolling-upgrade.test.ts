import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReplicaSystem } from './support/replicas/replica-system.js';
import { Load } from './support/rolling/load.js';
import { missingRelease, releasedCommand } from './support/rolling/released.js';
import { command, missingTorchServe, type AppName } from './support/torchweave.js';
import { fillStores } from './support/write-archives.js';

const missing = missingTorchServe() ?? missingRelease();
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

/** A clone without a build of 0.1.0 makes one. */
const buildTimeoutMs = 1_800_000;
/** ms that twelve replicas may take to be replaced under load, on a machine that has other work. */
const longestMs = 600_000;

/** Every order once, there or back. `npm run test:upgrade` takes all of them, the other tests the first two. */
const everyOrder: readonly (readonly [there: readonly AppName[], back: readonly AppName[]])[] = [
  [
    ['api', 'gateway', 'worker'],
    ['worker', 'gateway', 'api'],
  ],
  [
    ['worker', 'api', 'gateway'],
    ['gateway', 'api', 'worker'],
  ],
  [
    ['gateway', 'worker', 'api'],
    ['api', 'worker', 'gateway'],
  ],
];

const orders = process.env['TORCHWEAVE_UPGRADE_ORDERS'] === 'all' ? everyOrder : everyOrder.slice(0, 1);

describe.skipIf(missing !== undefined)(`from 0.1.0 to this version and back, replica by replica${because}`, () => {
  let system: ReplicaSystem;
  let released: string;
  let load: Load;

  beforeAll(async () => {
    released = await releasedCommand();
    const apps: AppName[] = ['api', 'api', 'worker', 'worker', 'gateway', 'gateway'];
    system = await ReplicaSystem.start({ apps, torchserves: 1, command: released });
    fillStores(system.workflowStore, system.modelStore);
    load = new Load(system);
    await load.start();
  }, buildTimeoutMs);
  afterAll(() => system.dispose());

  async function replaceAll(app: AppName, by: string): Promise<void> {
    for (const replica of system.replicas.filter((each) => each.app === app)) await system.replace(replica, by);
    await load.goOn(1);
    expect(load.faults, `after each ${app} was replaced by ${by === command ? 'this version' : '0.1.0'}`).toEqual([]);
  }

  it.each(orders)(
    'there by %j and back by %j, nothing is lost and nothing wrong served',
    { timeout: longestMs },
    async (there, back) => {
      for (const app of there) await replaceAll(app, command);
      await load.goOn(2);
      for (const app of back) await replaceAll(app, released);
      await load.goOn(2);
      expect(load.faults).toEqual([]);
    },
  );

  it('leaves nothing behind', async () => {
    await load.end();
    expect(load.faults).toEqual([]);
    console.log(`upgraded and downgraded under load: ${JSON.stringify(load.done)}`);
    await vi.waitFor(async () => expect(await system.leftovers.find()).toEqual([]), { timeout: 30_000, interval: 200 });
  });
});
