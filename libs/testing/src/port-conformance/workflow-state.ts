import type { OperationRun, OperationTrace, WorkflowState } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { sampleDefinition } from './sample-definition.js';

/** What every {@link WorkflowState} must do. `create` gives an empty one. */
export function describeWorkflowState(
  name: string,
  create: () => Promise<{ state: WorkflowState; dispose: () => Promise<void> }>,
): void {
  const on = (test: (state: WorkflowState) => Promise<void>) => async (): Promise<void> => {
    const { state, dispose } = await create();
    try {
      await test(state);
    } finally {
      await dispose();
    }
  };
  const failure = new TorchweaveError('registrationFailed', { workflow: 'w', failures: [] }).toRecord();

  /** A new run of an operation: earlier ones have lost it. */
  const runOf = async (state: WorkflowState, operationId: string): Promise<OperationRun> =>
    (await state.takeUp(operationId)).run;
  const traceOf = async (state: WorkflowState, operationId: string): Promise<OperationTrace> =>
    (await state.takeUp(operationId)).trace;

  async function register(state: WorkflowState, workflow: string, operation = `register-${workflow}`): Promise<void> {
    const run = await runOf(state, operation);
    await state.reserve(sampleDefinition(workflow), run);
    await state.activate({ workflow, version: 1 }, run);
  }

  async function unregister(state: WorkflowState, workflow: string): Promise<void> {
    const run = await runOf(state, `unregister-${workflow}`);
    const { models } = await state.beginRemoval(workflow, run);
    await state.release(workflow, run, models, []);
  }

  async function modelsOf(state: WorkflowState): Promise<string[]> {
    const told = new Set<string>();
    for await (const owned of state.ownedModels()) {
      for (const { model, workflow } of owned) told.add(`${workflow} ${model}`);
    }
    return [...told].sort();
  }

  describe(`${name} as a WorkflowState`, () => {
    it(
      'shows a workflow only once it is committed',
      on(async (state) => {
        const reserved = await state.reserve(sampleDefinition('chain'), await runOf(state, 'op'));
        expect(reserved).toMatchObject({ phase: 'registering', operationId: 'op' });
        expect((await state.page(0, 10)).workflows).toEqual([]);
        const record = await state.activate({ workflow: 'chain', version: 1 }, await runOf(state, 'op'));
        expect(record.phase).toBe('ready');
        expect([reserved.pointers, record.pointers]).toEqual([undefined, { active: 1 }]);
        expect((await state.page(0, 10)).workflows).toEqual([{ name: 'chain', url: 'chain.war' }]);
        expect(await state.get('chain')).toEqual(record);
        expect(record.definition).toEqual(sampleDefinition('chain'));
      }),
    );

    it(
      'gives a name to one of many registrations at once',
      on(async (state) => {
        const tries = Array.from({ length: 20 }, async (_, i) =>
          state.reserve(sampleDefinition('chain'), await runOf(state, `op-${i}`)),
        );
        const results = await Promise.allSettled(tries);
        expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'workflowBusy', status: 409 });
        }
      }),
    );

    it(
      'lets the operation that holds a name reserve and commit it again',
      on(async (state) => {
        await state.reserve(sampleDefinition('chain'), await runOf(state, 'op'));
        await expect(state.reserve(sampleDefinition('chain'), await runOf(state, 'op'))).resolves.toMatchObject({
          operationId: 'op',
        });
        const first = await state.activate({ workflow: 'chain', version: 1 }, await runOf(state, 'op'));
        expect(await state.activate({ workflow: 'chain', version: 1 }, await runOf(state, 'op'))).toEqual(first);
      }),
    );

    it(
      'activates no version that the operation does not hold',
      on(async (state) => {
        const run = await runOf(state, 'op');
        await state.reserve(sampleDefinition('chain'), run);
        await expect(state.activate({ workflow: 'chain', version: 2 }, run)).rejects.toMatchObject({
          code: 'operationAbandoned',
        });
        expect(await state.get('chain')).toMatchObject({ phase: 'registering' });
        expect(await state.summary()).toEqual({ ready: 0, revision: 0 });
      }),
    );

    it(
      'refuses a name that is registered',
      on(async (state) => {
        await register(state, 'chain');
        await expect(state.reserve(sampleDefinition('chain'), await runOf(state, 'other'))).rejects.toMatchObject({
          code: 'workflowConflict',
          message: 'Workflow chain is already registered.',
        });
      }),
    );

    it(
      'refuses a workflow whose model would have the name of another workflow’s model',
      on(async (state) => {
        await state.reserve(sampleDefinition('a__b', { model: 'c' }), await runOf(state, 'op-1'));
        await expect(
          state.reserve(sampleDefinition('a', { model: 'b__c' }), await runOf(state, 'op-2')),
        ).rejects.toMatchObject({
          code: 'modelNameTaken',
          data: { model: 'a__b__c', owner: 'a__b' },
        });
      }),
    );

    it(
      'refuses to commit for an operation that does not hold the name',
      on(async (state) => {
        await state.reserve(sampleDefinition('chain'), await runOf(state, 'op'));
        await expect(
          state.activate({ workflow: 'chain', version: 1 }, await runOf(state, 'other')),
        ).rejects.toMatchObject({
          code: 'operationAbandoned',
        });
        await expect(state.beginUndo('chain', await runOf(state, 'other'), failure)).rejects.toMatchObject({
          code: 'operationAbandoned',
        });
      }),
    );

    it(
      'frees the name when a registration is undone, and remembers why',
      on(async (state) => {
        await state.reserve(sampleDefinition('chain'), await runOf(state, 'op'));
        await state.beginUndo('chain', await runOf(state, 'op'), failure);
        expect(await traceOf(state, 'op')).toMatchObject({ outcome: 'held', record: { phase: 'undoing', failure } });
        await state.release('chain', await runOf(state, 'op'), ['chain__up'], ['chain__up']);
        expect(await traceOf(state, 'op')).toEqual({ outcome: 'released', workflow: 'chain', failure });
        expect(await state.get('chain')).toBeUndefined();
        expect(await state.orphans()).toEqual(['chain__up']);
        await register(state, 'chain', 'next');
      }),
    );

    it(
      'goes from ready to gone, listed by nobody from the first step on',
      on(async (state) => {
        await register(state, 'chain');
        const record = await state.beginRemoval('chain', await runOf(state, 'remove'));
        expect(record).toMatchObject({ workflow: 'chain', models: ['chain__up'] });
        expect(await state.beginRemoval('chain', await runOf(state, 'remove'))).toEqual(record);
        expect((await state.page(0, 10)).workflows).toEqual([]);
        await expect(state.beginRemoval('chain', await runOf(state, 'other'))).rejects.toMatchObject({
          code: 'workflowNotFound',
        });
        await state.release('chain', await runOf(state, 'remove'), ['chain__up'], []);
        await state.release('chain', await runOf(state, 'remove'), ['chain__up'], []);
        expect(await state.get('chain')).toBeUndefined();
        expect(await traceOf(state, 'remove')).toEqual({ outcome: 'released', workflow: 'chain' });
      }),
    );

    it(
      'cannot remove what is not registered',
      on(async (state) => {
        await expect(state.beginRemoval('nope', await runOf(state, 'op'))).rejects.toMatchObject({
          code: 'workflowNotFound',
        });
        await state.reserve(sampleDefinition('chain'), await runOf(state, 'register'));
        await expect(state.beginRemoval('chain', await runOf(state, 'op'))).rejects.toMatchObject({
          code: 'workflowBusy',
        });
      }),
    );

    it(
      'traces an operation from nothing to committed, even after the workflow is gone',
      on(async (state) => {
        expect(await traceOf(state, 'op')).toEqual({ outcome: 'none' });
        await state.reserve(sampleDefinition('chain'), await runOf(state, 'op'));
        expect(await traceOf(state, 'op')).toMatchObject({ outcome: 'held', record: { phase: 'registering' } });
        await state.activate({ workflow: 'chain', version: 1 }, await runOf(state, 'op'));
        await state.beginRemoval('chain', await runOf(state, 'remove'));
        await state.release('chain', await runOf(state, 'remove'), ['chain__up'], []);
        expect(await traceOf(state, 'op')).toEqual({ outcome: 'committed', workflow: 'chain' });
      }),
    );

    describe('of an operation that is cancelled', () => {
      const refused = { code: 'operationCancelled', data: { operationId: 'op' } };
      const chain = { workflow: 'chain', version: 1 };

      it(
        'takes nothing any more, whether it had begun or not, but lets it be undone',
        on(async (state) => {
          expect(await state.cancel('op')).toBe('cancelled');
          const { run, isTakenOver, isCancelled } = await state.takeUp('op');
          expect([isTakenOver, isCancelled]).toEqual([false, true]);
          await expect(state.reserve(sampleDefinition('chain'), run)).rejects.toMatchObject(refused);
          expect(await state.get('chain')).toBeUndefined();

          const begun = await state.takeUp('begun');
          expect(begun.isCancelled).toBe(false);
          await state.reserve(sampleDefinition('chain'), begun.run);
          expect(await state.cancel('begun')).toBe('cancelled');
          expect(await state.cancel('begun')).toBe('cancelled');
          await expect(state.activate(chain, begun.run)).rejects.toMatchObject({ code: 'operationCancelled' });
          const later = await state.takeUp('begun');
          expect(later).toMatchObject({ isCancelled: true, trace: { outcome: 'held' } });
          const failure = new TorchweaveError('operationCancelled', { operationId: 'begun' }).toRecord();
          await state.beginUndo('chain', later.run, failure);
          await state.release('chain', later.run, ['chain__up'], []);
          expect(await state.cancel('begun')).toBe('ended');
          expect(await traceOf(state, 'begun')).toMatchObject({ outcome: 'released', failure });
          await register(state, 'chain');
        }),
      );

      it(
        'says when that is too late: it has committed, or begun to remove',
        on(async (state) => {
          await register(state, 'chain', 'op');
          expect(await state.cancel('op')).toBe('committed');
          expect((await state.takeUp('op')).isCancelled).toBe(false);
          expect(await state.cancel('none')).toBe('cancelled');
          await expect(state.beginRemoval('chain', await runOf(state, 'none'))).rejects.toMatchObject({
            code: 'operationCancelled',
          });
          const removal = await runOf(state, 'remove');
          await state.beginRemoval('chain', removal);
          expect(await state.cancel('remove')).toBe('removing');
          await state.release('chain', removal, ['chain__up'], []);
          expect(await state.cancel('remove')).toBe('ended');
        }),
      );

      it(
        'lets one of the two win that come at once: what commits it, and what cancels it',
        on(async (state) => {
          for (let i = 0; i < 20; i += 1) {
            const workflow = `w${i}`;
            const run = await runOf(state, workflow);
            await state.reserve(sampleDefinition(workflow), run);
            const activate = (): Promise<unknown> =>
              state.activate({ workflow, version: 1 }, run).catch(() => undefined);
            const cancel = (): Promise<unknown> => state.cancel(workflow);
            await Promise.all(i % 2 === 0 ? [activate(), cancel()] : [cancel(), activate()]);
            const isServed = (await state.get(workflow))?.phase === 'ready';
            expect(await state.cancel(workflow)).toBe(isServed ? 'committed' : 'cancelled');
          }
        }),
      );
    });

    it(
      'pages by name',
      on(async (state) => {
        for (const workflow of ['d', 'b', 'a', 'c']) await register(state, workflow);
        const names = async (offset: number, limit: number): Promise<[string[], boolean]> => {
          const page = await state.page(offset, limit);
          return [page.workflows.map((workflow) => workflow.name), page.hasMore];
        };
        expect(await names(0, 3)).toEqual([['a', 'b', 'c'], true]);
        expect(await names(3, 3)).toEqual([['d'], false]);
        expect(await names(0, 4)).toEqual([['a', 'b', 'c', 'd'], false]);
        expect(await names(9, 3)).toEqual([[], false]);
      }),
    );

    it(
      'tells changes in order, with the record of what is ready and none of what is gone',
      on(async (state) => {
        await register(state, 'a');
        await register(state, 'b');
        await state.beginRemoval('a', await runOf(state, 'remove'));
        const changes = await state.changesSince(0, 10);
        expect(changes.map(({ workflow, record }) => [workflow, record?.phase])).toEqual([
          ['b', 'ready'],
          ['a', undefined],
        ]);
        const last = changes.at(-1)?.revision ?? 0;
        expect(await state.changesSince(last, 10)).toEqual([]);
        expect(await state.changesSince(0, 1)).toHaveLength(1);
      }),
    );

    it(
      'wakes a watcher after a change, until it stops',
      on(async (state) => {
        let wake: () => void = () => undefined;
        const woken = new Promise<void>((resolve) => (wake = resolve));
        const stop = await state.watch(() => wake());
        await register(state, 'chain');
        await woken;
        await stop();
      }),
    );

    it(
      'lists what is under way',
      on(async (state) => {
        await register(state, 'done');
        await state.reserve(sampleDefinition('half'), await runOf(state, 'op'));
        expect((await state.unfinished()).records.map((record) => record.definition.name)).toEqual(['half']);
      }),
    );

    it(
      'tells the models of workflows in any phase, and no name that is held for a removal',
      on(async (state) => {
        await register(state, 'ready');
        await state.reserve(sampleDefinition('half'), await runOf(state, 'op'));
        await state.addOrphans(['x__a']);
        await state.claimOrphans();
        expect(await modelsOf(state)).toEqual(['half half__up', 'ready ready__up']);
        await unregister(state, 'ready');
        expect(await modelsOf(state)).toEqual(['half half__up']);
      }),
    );

    it(
      'tells every one of many models',
      on(async (state) => {
        const names = Array.from({ length: 3_000 }, (_, index) => `w${String(index).padStart(4, '0')}`);
        for (const name of names) await state.reserve(sampleDefinition(name), await runOf(state, `op-${name}`));
        expect(await modelsOf(state)).toEqual(names.map((name) => `${name} ${name}__up`));
      }),
    );

    it(
      'keeps orphans until they are gone',
      on(async (state) => {
        await state.addOrphans(['x__a', 'x__b']);
        const { token, unowned } = await state.claimOrphans();
        expect([...unowned].sort()).toEqual(['x__a', 'x__b']);
        await state.settleOrphans({ token, kept: [], gone: ['x__a'], left: ['x__b'] });
        expect(await state.orphans()).toEqual(['x__b']);
      }),
    );

    it(
      'lets nobody reserve the name of a model that is being removed before that is settled',
      on(async (state) => {
        await state.addOrphans(['chain__up']);
        expect(await state.claimOrphans()).toMatchObject({ unowned: ['chain__up'], owned: [] });
        let isReserved = false;
        const reserved = register(state, 'chain').then(() => (isReserved = true));
        // Claimed again, as by a worker that goes on after another one has died.
        const { token, ...claimed } = await state.claimOrphans();
        expect(claimed).toEqual({ unowned: ['chain__up'], owned: [] });
        expect(isReserved).toBe(false);
        await state.settleOrphans({ token, kept: [], gone: [], left: ['chain__up'] });
        await reserved;
        const again = await state.claimOrphans();
        expect(again).toMatchObject({ unowned: [], owned: [{ model: 'chain__up', workflow: 'chain' }] });
        await state.settleOrphans({ token: again.token, kept: ['chain__up'], gone: [], left: [] });
        expect(await state.orphans()).toEqual([]);
      }),
    );

    it(
      'keeps the name of a model for whoever has taken its removal over, and doubts what the other one does to it',
      on(async (state) => {
        await state.addOrphans(['chain__up']);
        const stalled = await state.claimOrphans();
        const { token } = await state.claimOrphans();
        await state.settleOrphans({ token: stalled.token, kept: [], gone: ['chain__up'], left: [] });
        let isReserved = false;
        const reserved = register(state, 'chain').then(() => (isReserved = true));
        expect(await modelsOf(state)).toEqual([]);
        expect(isReserved).toBe(false);
        await state.settleOrphans({ token, kept: [], gone: ['chain__up'], left: [] });
        await reserved;
        expect((await state.claimOrphans()).owned).toEqual([{ model: 'chain__up', workflow: 'chain', version: 1 }]);
      }),
    );

    it(
      'tells models in doubt as orphans again and again',
      on(async (state) => {
        await register(state, 'chain');
        await state.doubt(['chain__up', 'x__a']);
        for (let look = 0; look < 2; look += 1) {
          const { token, unowned, owned } = await state.claimOrphans();
          expect([unowned, owned]).toEqual([['x__a'], [{ model: 'chain__up', workflow: 'chain', version: 1 }]]);
          await state.settleOrphans({ token, kept: ['chain__up'], gone: ['x__a'], left: [] });
        }
      }),
    );

    it(
      'leaves models in doubt alone that nobody owns and that lie nowhere, until they lie somewhere',
      on(async (state) => {
        await state.doubt(['x__a', 'x__b']);
        await state.addOrphans(['x__c']);
        const { token, unowned } = await state.claimOrphans(new Set(['x__b', 'other']));
        expect([...unowned].sort()).toEqual(['x__b', 'x__c']);
        await state.settleOrphans({ token, kept: [], gone: ['x__b', 'x__c'], left: [] });
        expect((await state.claimOrphans(new Set(['x__a']))).unowned).toEqual(['x__a']);
      }),
    );

    describe('of a run whose operation another run has taken up', () => {
      const lost = { code: 'operationAbandoned' };

      it(
        'knows that it was, and tells the next one so',
        on(async (state) => {
          const first = await state.takeUp('op');
          expect(first.isTakenOver).toBe(false);
          expect(await state.holds(first.run)).toBe(true);
          const second = await state.takeUp('op');
          expect(second.isTakenOver).toBe(true);
          expect([await state.holds(first.run), await state.holds(second.run)]).toEqual([false, true]);
        }),
      );

      it(
        'takes no reservation',
        on(async (state) => {
          const stalled = await runOf(state, 'op');
          await runOf(state, 'op');
          await expect(state.reserve(sampleDefinition('chain'), stalled)).rejects.toMatchObject(lost);
          expect(await state.get('chain')).toBeUndefined();
        }),
      );

      it(
        'takes neither commit nor undoing nor release',
        on(async (state) => {
          const stalled = await runOf(state, 'op');
          await state.reserve(sampleDefinition('chain'), stalled);
          const run = await runOf(state, 'op');
          await expect(state.activate({ workflow: 'chain', version: 1 }, stalled)).rejects.toMatchObject(lost);
          await expect(state.beginUndo('chain', stalled, failure)).rejects.toMatchObject(lost);
          await state.beginUndo('chain', run, failure);
          await expect(state.release('chain', stalled, ['chain__up'], [])).rejects.toMatchObject(lost);
          expect(await state.get('chain')).toMatchObject({ phase: 'undoing' });
        }),
      );

      it(
        'takes no removal, also when the name is registered anew',
        on(async (state) => {
          await register(state, 'chain');
          const stalled = await runOf(state, 'remove');
          await state.beginRemoval('chain', stalled);
          const run = await runOf(state, 'remove');
          await state.release('chain', run, ['chain__up'], []);
          await register(state, 'chain', 'anew');
          await expect(state.beginRemoval('chain', stalled)).rejects.toMatchObject(lost);
          await expect(state.release('chain', stalled, ['chain__up'], [])).rejects.toMatchObject(lost);
          expect(await state.get('chain')).toMatchObject({ phase: 'ready', operationId: 'anew' });
        }),
      );
    });

    it(
      'sums up what is ready, and the last change',
      on(async (state) => {
        expect(await state.summary()).toEqual({ ready: 0, revision: 0 });
        await register(state, 'a');
        await register(state, 'b');
        await unregister(state, 'a');
        const revision = (await state.changesSince(0, 10)).at(-1)?.revision;
        expect(await state.summary()).toEqual({ ready: 1, revision });
      }),
    );
  });
}
