import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { recordedScenarios, type Step } from './support/recordings.js';
import { Chaos } from './support/replicas/chaos.js';
import { PersistentPlayer } from './support/replicas/persistent-player.js';
import { ReplicaSystem } from './support/replicas/replica-system.js';
import { missingTorchServe } from './support/torchweave.js';
import { fillStores, serveArchives } from './support/write-archives.js';

const missing = missingTorchServe();
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`2 apis, 3 workers and 3 gateways on 2 TorchServes${because}`, () => {
  let system: ReplicaSystem;
  let player: PersistentPlayer;
  let www: Awaited<ReturnType<typeof serveArchives>>;

  beforeAll(async () => {
    system = await ReplicaSystem.start();
    fillStores(system.workflowStore, system.modelStore);
    www = await serveArchives();
    const servers = { management: system.management, inference: system.inference, www: www.url };
    player = new PersistentPlayer(servers, system.leftovers);
  });
  afterEach(() => unregisterAll());
  afterAll(async () => {
    await www.close();
    await system.dispose();
  });

  const stepOf = (method: string, path: string): Step => ({
    id: path,
    server: 'management',
    method,
    path,
    torchserve: { status: 200 },
  });

  async function unregisterAll(): Promise<void> {
    for (;;) {
      const page = await player.send(stepOf('GET', '/workflows'));
      const { workflows } = JSON.parse(page.body.toString()) as { workflows: { workflowName: string }[] };
      if (workflows.length === 0) return;
      for (const { workflowName } of workflows) await player.send(stepOf('DELETE', `/workflows/${workflowName}`));
    }
  }

  async function play({ steps }: (typeof recordedScenarios)[number]): Promise<void> {
    for (const step of steps) {
      expect(await player.play(step), `${step.id}: ${step.method} ${step.path}`).toEqual([]);
    }
  }

  /** Reconcile takes away what was left on a server that was busy when it was asked: that may take a moment. */
  const nothingIsLeft = (): Promise<void> =>
    vi.waitFor(async () => expect(await system.leftovers.find()).toEqual([]), { timeout: 30_000, interval: 200 });

  describe('undisturbed', () => {
    it.each(recordedScenarios)('$scenario', play);

    /** What every gateway itself answers. */
    const statusesOf = (workflow: string): Promise<number[]> =>
      Promise.all(
        system.addressesOf('gateway').map(async (gateway) => {
          const answer = await fetch(`${gateway}/wfpredict/${workflow}`, { method: 'POST', body: 'hello' });
          await answer.arrayBuffer();
          return answer.status;
        }),
      );
    const register = async (workflow: string): Promise<number> =>
      (await player.send(stepOf('POST', `/workflows?url=${workflow}.war`))).status;
    const unregister = async (workflow: string): Promise<number> =>
      (await player.send(stepOf('DELETE', `/workflows/${workflow}`))).status;

    it('serve a workflow on every gateway at once when it is answered 200, and on none when it is unregistered', async () => {
      for (const workflow of [...Array<string>(20).fill('fnonly'), 'chain']) {
        expect(await register(workflow)).toBe(200);
        expect(await statusesOf(workflow)).toEqual([200, 200, 200]);
        expect(await unregister(workflow)).toBe(200);
        expect(await statusesOf(workflow)).toEqual([404, 404, 404]);
      }
    });

    it('do so also on a gateway that is killed and starts meanwhile', async () => {
      const gateway = system.replicas.find(({ app }) => app === 'gateway');
      const whileItRestarts = async (change: Promise<number>): Promise<number> => {
        const [status] = await Promise.all([change, gateway === undefined ? undefined : system.restart(gateway)]);
        return status;
      };
      expect(await whileItRestarts(register('fnonly'))).toBe(200);
      expect(await statusesOf('fnonly')).toEqual([200, 200, 200]);
      expect(await whileItRestarts(unregister('fnonly'))).toBe(200);
      expect(await statusesOf('fnonly')).toEqual([404, 404, 404]);
    });

    it('lose no connection and leave nothing behind', async () => {
      expect(player.cuts).toEqual([]);
      await nothingIsLeft();
    });
  });

  describe('while a random one is killed every second', () => {
    let chaos: Chaos;
    beforeAll(() => {
      chaos = new Chaos(system, 20_261_124);
    });
    afterAll(() => chaos.stop());

    it.each(recordedScenarios)('$scenario', play);

    it('leave nothing behind', async () => {
      await chaos.stop();
      expect(chaos.failures).toEqual([]);
      expect(new Set(chaos.killed)).toEqual(new Set(['api', 'worker', 'gateway']));
      await system.leftovers.untilNoOperation();
      await unregisterAll();
      await nothingIsLeft();
    });
  });
});
