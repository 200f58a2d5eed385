import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { SagaWorld, type OnCall } from './saga-world.js';

/** Runs until the call, or its answer, and never goes on. */
async function dieAt(world: SagaWorld, call: string, run: (onCall: OnCall) => Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    void run((name, act) => {
      if (name !== call) return act();
      resolve();
      return new Promise(() => undefined);
    });
  });
}

const numbersOf = async (world: SagaWorld): Promise<unknown[]> => {
  const held = await Promise.all(['w__a', 'w__b'].map((model) => world.describe(model)));
  return held.map((model) => model?.minWorkers);
};

describe('a scaling whose worker died, and whose job is not taken up again', () => {
  it.each(['modelServer.scale', 'modelServer.describe', 'scaling.commit'])(
    'is undone by reconcile where it got to %s, and the workflow is free',
    async (call) => {
      const world = new SagaWorld();
      await world.register('first');
      await dieAt(world, call, (onCall) => world.scale('op', 3, onCall));
      await world.reconcile();
      const known = await world.versions.list('w');
      expect([known?.updating, known?.active.scaling]).toEqual([undefined, undefined]);
      expect(known?.active.definition.nodes).toMatchObject([{ minWorkers: 1 }, { minWorkers: 1 }]);
      expect(await numbersOf(world)).toEqual([1, 1]);
      await expect(world.scale('op', 3)).rejects.toMatchObject({ code: 'operationAbandoned' });
    },
  );

  it('ends with what it had failed with, where it was being undone', async () => {
    const world = new SagaWorld();
    await world.register('first');
    world.tooManyWorkers = 3;
    await dieAt(world, 'scaling.release', (onCall) => world.scale('op', 3, onCall));
    await world.reconcile();
    await expect(world.scale('op', 3)).rejects.toMatchObject({ code: 'scalingFailed', status: 507 });
    await world.scale('next', 2);
    expect(await numbersOf(world)).toEqual([2, 2]);
  });
});

describe('a model that a model server has lost', () => {
  it('is registered again with the numbers that its workflow was scaled to', async () => {
    const world = new SagaWorld();
    await world.register('first');
    await world.scale('op', 3);
    await world.lose('w__a');
    await world.reconcile();
    expect(await numbersOf(world)).toEqual([3, 3]);
  });

  it('waits for the end of a scaling', async () => {
    const world = new SagaWorld();
    await world.register('first');
    let look = (): void => undefined;
    const looked = new Promise<void>((resolve) => (look = resolve));
    let goOn = (): void => undefined;
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    const scaling = world.scale('op', 3, async (call, act) => {
      if (call === 'scaling.commit') {
        look();
        await mayGoOn;
      }
      return act();
    });
    await looked;
    await world.lose('w__a');
    await world.reconcile('running');
    expect(await numbersOf(world)).toEqual([undefined, 3]);
    goOn();
    await scaling;
    await world.reconcile();
    expect(await numbersOf(world)).toEqual([3, 3]);
  });
});

describe('a scaling where no node has the name', () => {
  it('holds nothing', async () => {
    const world = new SagaWorld();
    await world.register('first');
    await expect(world.scale('op', 2, undefined, undefined, 'c')).rejects.toBeInstanceOf(TorchweaveError);
    await world.scale('next', 2, undefined, undefined, 'b');
    expect(await numbersOf(world)).toEqual([1, 2]);
  });
});
