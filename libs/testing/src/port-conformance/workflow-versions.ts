import type { Activation, OperationRun, WorkflowState, WorkflowVersions } from '@torchweave/application';
import { asVersion, TorchweaveError, type WorkflowDefinition, type WorkflowVersion } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { sampleDefinition } from './sample-definition.js';

const keep = { versions: 1, ms: 600_000, drainMs: 0 };
const asDefault: Activation = { asDefault: true, keep };
const beside: Activation = { asDefault: false, keep };
const failure = new TorchweaveError('registrationFailed', { workflow: 'w', failures: [] }).toRecord();

interface Installation {
  readonly state: WorkflowState;
  readonly versions: WorkflowVersions;
}

/** What every {@link WorkflowVersions} must do, beside the state of its workflows. `create` gives an empty one. */
export function describeWorkflowVersions(
  name: string,
  create: () => Promise<Installation & { dispose: () => Promise<void> }>,
): void {
  const on = (test: (installation: Installation) => Promise<void>) => async (): Promise<void> => {
    const { dispose, ...installation } = await create();
    try {
      await test(installation);
    } finally {
      await dispose();
    }
  };

  const runOf = async ({ state }: Installation, operationId: string): Promise<OperationRun> =>
    (await state.takeUp(operationId)).run;

  async function register(installation: Installation, workflow = 'w'): Promise<void> {
    const run = await runOf(installation, `register-${workflow}`);
    await installation.state.reserve(sampleDefinition(workflow), run);
    await installation.state.activate({ workflow, version: 1 }, run);
  }

  const define =
    (workflow = 'w') =>
    (version: number): WorkflowDefinition =>
      asVersion(sampleDefinition(workflow), version);

  /** Makes the next version. @returns its number. */
  async function update(installation: Installation, operation: string, activation = asDefault): Promise<number> {
    const run = await runOf(installation, operation);
    const { definition } = await installation.versions.reserve('w', define(), run);
    await installation.versions.activate({ workflow: 'w', version: definition.version }, run, activation);
    return definition.version;
  }

  async function remove(installation: Installation, version: WorkflowVersion, isRetired = false): Promise<void> {
    const run = await runOf(installation, `remove-${version.version}`);
    const { models } = await installation.versions.beginRemoval(version, run, isRetired);
    await installation.versions.release(version, run, models, []);
  }

  async function ownersOf({ state }: Installation): Promise<string[]> {
    const told: string[] = [];
    for await (const owned of state.ownedModels())
      for (const { model, workflow, version } of owned) told.push(`${workflow} ${version} ${model}`);
    return told.sort();
  }

  /** What gateways would serve: entry to version. */
  async function served({ state }: Installation): Promise<Record<string, number>> {
    const entries: Record<string, number> = {};
    for (const { workflow, record } of await state.changesSince(0, 100))
      if (record !== undefined) entries[workflow] = record.definition.version;
    return entries;
  }

  describe(`${name} as WorkflowVersions`, () => {
    it(
      'knows a workflow by its first version',
      on(async (installation) => {
        expect(await installation.versions.list('w')).toBeUndefined();
        await register(installation);
        const known = await installation.versions.list('w');
        expect(known).toMatchObject({ beside: [], retired: [], lastVersion: 1 });
        expect(known?.active).toEqual(await installation.versions.get({ workflow: 'w', version: 1 }));
        expect(await installation.versions.get({ workflow: 'w', version: 2 })).toBeUndefined();
      }),
    );

    it(
      'serves the first version until the next one is activated, and keeps it beside that one',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        const run = await runOf(installation, 'update');
        const reserved = await versions.reserve('w', define(), run);
        expect(reserved).toMatchObject({ phase: 'registering', operationId: 'update', definition: { version: 2 } });
        expect(await served(installation)).toEqual({ w: 1 });
        expect(await ownersOf(installation)).toEqual(['w 1 w__up', 'w 2 w__up.v2']);
        const { record, revision } = await versions.activate({ workflow: 'w', version: 2 }, run, asDefault);
        expect(record).toMatchObject({ phase: 'ready', pointers: { active: 2 }, operationId: 'update' });
        expect(revision).toBe((await state.summary()).revision);
        expect(await served(installation)).toEqual({ w: 2, 'w@1': 1 });
        const known = await versions.list('w');
        expect(known?.beside.map(({ record: { definition } }) => definition.version)).toEqual([1]);
        expect(known?.beside[0]?.keptMs).toBeGreaterThan(0);
        expect(known?.updating).toBeUndefined();
        expect((await state.page(0, 10)).workflows).toEqual([{ name: 'w', url: 'w.war' }]);
        expect((await state.summary()).ready).toBe(2);
      }),
    );

    it(
      'lets the operation that has the workflow do each act again',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        const version = { workflow: 'w', version: 2 };
        const first = await runOf(installation, 'update');
        const reserved = await versions.reserve('w', define(), first);
        const run = await runOf(installation, 'update');
        await expect(versions.reserve('w', define(), first)).rejects.toMatchObject({ code: 'operationAbandoned' });
        expect(await versions.reserve('w', define(), run)).toEqual(reserved);
        await expect(versions.activate(version, first, asDefault)).rejects.toMatchObject({
          code: 'operationAbandoned',
        });
        await versions.activate(version, run, asDefault);
        await versions.activate(version, run, asDefault);
        expect(await served(installation)).toEqual({ w: 2, 'w@1': 1 });
        expect((await state.takeUp('update')).trace).toEqual({ outcome: 'committed', workflow: 'w' });
      }),
    );

    it(
      'gives a workflow to one operation at a time, and to none while it is registered or gone',
      on(async (installation) => {
        const { versions, state } = installation;
        const one = await runOf(installation, 'one');
        const other = await runOf(installation, 'other');
        await expect(versions.reserve('w', define(), one)).rejects.toMatchObject({ code: 'workflowNotFound' });
        await register(installation);
        await versions.reserve('w', define(), one);
        const busy = { code: 'workflowBusy', data: { operationId: 'one' } };
        await expect(versions.reserve('w', define(), other)).rejects.toMatchObject(busy);
        await expect(versions.activate({ workflow: 'w', version: 1 }, other, asDefault)).rejects.toMatchObject(busy);
        await expect(versions.direct('w', other, { weights: { 1: 100 } })).rejects.toMatchObject(busy);
        await expect(state.beginRemoval('w', other)).rejects.toMatchObject(busy);
        expect((await versions.list('w'))?.updating).toBe('one');
      }),
    );

    it(
      'leaves nothing of a version that is undone but its number',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        const run = await runOf(installation, 'update');
        const version = { workflow: 'w', version: 2 };
        await versions.reserve('w', define(), run);
        await versions.beginUndo(version, run, failure);
        expect((await versions.unfinished()).records).toMatchObject([{ record: { phase: 'undoing', failure } }]);
        expect((await state.takeUp('update')).trace).toMatchObject({ outcome: 'held', record: { phase: 'undoing' } });
        const again = await runOf(installation, 'update');
        await versions.release(version, again, ['w__up.v2'], ['w__up.v2']);
        await versions.release(version, again, ['w__up.v2'], ['w__up.v2']);
        expect((await state.takeUp('update')).trace).toMatchObject({ outcome: 'released', workflow: 'w', failure });
        expect(await ownersOf(installation)).toEqual(['w 1 w__up']);
        expect(await state.orphans()).toEqual(['w__up.v2']);
        expect((await versions.unfinished()).records).toEqual([]);
        expect(await update(installation, 'next')).toBe(3);
      }),
    );

    it(
      'makes a version that is kept the active one again',
      on(async (installation) => {
        const { versions } = installation;
        await register(installation);
        await update(installation, 'update');
        const run = await runOf(installation, 'back');
        const { record } = await versions.activate({ workflow: 'w', version: 1 }, run, asDefault);
        expect(record).toMatchObject({ pointers: { active: 1 }, operationId: 'register-w' });
        expect(await served(installation)).toEqual({ w: 1, 'w@2': 2 });
        const unknown = { workflow: 'w', version: 7 };
        const missing = versions.activate(unknown, await runOf(installation, 'on'), asDefault);
        await expect(missing).rejects.toMatchObject({ code: 'versionNotFound' });
      }),
    );

    it(
      'shares requests out among versions that are ready, and among no others',
      on(async (installation) => {
        const { versions } = installation;
        await register(installation);
        expect(await update(installation, 'update', beside)).toBe(2);
        expect(await served(installation)).toEqual({ w: 1, 'w@2': 2 });
        const traffic = { weights: { 1: 90, 2: 10 }, stickyBy: 'x-user' };
        const record = await versions.direct('w', await runOf(installation, 'share'), traffic);
        expect(record.pointers).toEqual({ active: 1, traffic });
        const removal = versions.beginRemoval({ workflow: 'w', version: 2 }, await runOf(installation, 'rm'), false);
        await expect(removal).rejects.toMatchObject({ code: 'versionServes' });
        const unknown = versions.direct('w', await runOf(installation, 'no'), { weights: { 1: 50, 3: 50 } });
        await expect(unknown).rejects.toMatchObject({ code: 'versionNotFound', data: { version: 3 } });
        const reset = await versions.direct('w', await runOf(installation, 'reset'));
        expect(reset.pointers).toEqual({ active: 1 });
        expect((await versions.list('w'))?.beside[0]?.keptMs).toBeUndefined();
      }),
    );

    it(
      'copies requests to a version that is ready, which stays as long as it gets them',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        await update(installation, 'two', beside);
        const traffic = { weights: {}, shadow: { 2: 20 }, compare: true };
        const record = await versions.direct('w', await runOf(installation, 'copy'), traffic);
        expect(record.pointers).toEqual({ active: 1, traffic });
        expect((await state.get('w'))?.pointers?.traffic).toEqual(traffic);
        const removal = versions.beginRemoval({ workflow: 'w', version: 2 }, await runOf(installation, 'rm'), false);
        await expect(removal).rejects.toMatchObject({ code: 'versionServes' });
        for (const [version, code] of [
          [1, 'versionServes'],
          [3, 'versionNotFound'],
        ] as const) {
          const refused = versions.direct('w', await runOf(installation, code), {
            weights: {},
            shadow: { [version]: 5 },
          });
          await expect(refused).rejects.toMatchObject({ code, data: { version } });
        }
        expect((await state.get('w'))?.pointers?.traffic).toEqual(traffic);
      }),
    );

    it(
      'ends copies with the activation of a version, unless that brings others',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        await update(installation, 'two', beside);
        const two = { workflow: 'w', version: 2 };
        await versions.direct('w', await runOf(installation, 'copy'), { weights: {}, shadow: { 2: 20 } });
        const traffic = { weights: {}, shadow: { 1: 5 } };
        const order = { ...asDefault, traffic };
        expect((await versions.activate(two, await runOf(installation, 'on'), order)).record.pointers).toEqual({
          active: 2,
          traffic,
        });
        const kept = versions.beginRemoval({ workflow: 'w', version: 1 }, await runOf(installation, 'rm'), false);
        await expect(kept).rejects.toMatchObject({ code: 'versionServes' });
        const unknown = { ...asDefault, traffic: { weights: {}, shadow: { 9: 5 } } };
        const refused = versions.activate({ workflow: 'w', version: 1 }, await runOf(installation, 'no'), unknown);
        await expect(refused).rejects.toMatchObject({ code: 'versionNotFound', data: { version: 9 } });
        expect((await state.get('w'))?.pointers).toEqual({ active: 2, traffic });
        await versions.activate({ workflow: 'w', version: 1 }, await runOf(installation, 'back'), asDefault);
        expect((await state.get('w'))?.pointers).toEqual({ active: 1 });
        await remove(installation, two);
        expect(await served(installation)).toEqual({ w: 1 });
      }),
    );

    it(
      'removes a version that does not answer, and remembers one that is retired',
      on(async (installation) => {
        const { versions } = installation;
        await register(installation);
        await update(installation, 'update');
        const active = versions.beginRemoval({ workflow: 'w', version: 2 }, await runOf(installation, 'rm'), false);
        await expect(active).rejects.toMatchObject({ code: 'versionServes' });
        await remove(installation, { workflow: 'w', version: 1 }, true);
        expect(await served(installation)).toEqual({ w: 2 });
        expect(await ownersOf(installation)).toEqual(['w 2 w__up.v2']);
        expect((await versions.list('w'))?.retired.map(({ version }) => version)).toEqual([1]);
        const run = await runOf(installation, 'restore');
        const { definition } = await versions.reserve('w', define(), run, 1);
        expect(definition.version).toBe(1);
        await versions.activate({ workflow: 'w', version: 1 }, run, asDefault);
        expect(await served(installation)).toEqual({ w: 1, 'w@2': 2 });
        await remove(installation, { workflow: 'w', version: 2 });
        expect(await versions.list('w')).toMatchObject({ beside: [], retired: [], lastVersion: 2 });
      }),
    );

    it(
      'tells which versions were kept for long enough: those beyond the number that is kept at once',
      on(async (installation) => {
        const { versions } = installation;
        await register(installation);
        await update(installation, 'two');
        expect(await versions.overdue()).toEqual([]);
        await update(installation, 'three');
        // The clock of the state may count in seconds.
        await expect.poll(() => versions.overdue(), { timeout: 5_000 }).toEqual([{ workflow: 'w', version: 1 }]);
      }),
    );

    it(
      'takes a version back that is watched, and lets it be when it is not any more',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        const run = await runOf(installation, 'update');
        const version = { workflow: 'w', version: 2 };
        await versions.reserve('w', define(), run);
        const { record } = await versions.activate(version, run, { ...asDefault, watchMs: 60_000 });
        expect(record.pointers?.watched).toMatchObject({ version: 2, before: 1 });
        expect((await versions.unfinished()).records).toMatchObject([{ updating: 'update' }]);
        expect((await state.takeUp('update')).trace).toMatchObject({ outcome: 'held', record: { phase: 'ready' } });
        const later = await runOf(installation, 'update');
        const revision = await versions.rollBack(version, later, failure);
        expect(await versions.rollBack(version, later, failure)).toBe(revision);
        expect(await served(installation)).toEqual({ w: 1 });
        expect((await versions.list('w'))?.beside).toMatchObject([{ record: { phase: 'undoing', failure } }]);
        await versions.release(version, later, ['w__up.v2'], []);
        expect(await versions.list('w')).toMatchObject({ beside: [], retired: [] });

        const next = await runOf(installation, 'next');
        await versions.reserve('w', define(), next);
        await versions.activate({ workflow: 'w', version: 3 }, next, { ...asDefault, watchMs: 60_000 });
        await versions.endWatch({ workflow: 'w', version: 3 }, next);
        await versions.endWatch({ workflow: 'w', version: 3 }, next);
        expect((await state.get('w'))?.pointers).toEqual({ active: 3 });
        expect((await state.takeUp('next')).trace).toEqual({ outcome: 'committed', workflow: 'w' });
        expect((await versions.unfinished()).records).toEqual([]);
      }),
    );

    it(
      'takes nothing of an operation that is cancelled, and takes a watched version of it back',
      on(async (installation) => {
        const { versions, state } = installation;
        const refused = { code: 'operationCancelled' };
        await register(installation);
        await update(installation, 'two');
        for (const operation of ['op', 'direct', 'remove', 'back'])
          expect(await state.cancel(operation)).toBe('cancelled');
        const [op, direct, remove, back] = await Promise.all(
          ['op', 'direct', 'remove', 'back'].map((operation) => runOf(installation, operation)),
        );
        if (!op || !direct || !remove || !back) throw new Error('no runs');
        await expect(versions.reserve('w', define(), op)).rejects.toMatchObject(refused);
        await expect(versions.direct('w', direct, { weights: { 1: 50, 2: 50 } })).rejects.toMatchObject(refused);
        const first = { workflow: 'w', version: 1 };
        await expect(versions.beginRemoval(first, remove, false)).rejects.toMatchObject(refused);
        await expect(versions.activate(first, back, asDefault)).rejects.toMatchObject(refused);
        expect((await versions.list('w'))?.updating).toBeUndefined();

        const run = await runOf(installation, 'watched');
        const version = { workflow: 'w', version: 3 };
        await versions.reserve('w', define(), run);
        await versions.activate(version, run, { ...asDefault, watchMs: 60_000 });
        expect(await state.cancel('watched')).toBe('cancelled');
        await expect(versions.endWatch(version, run)).rejects.toMatchObject(refused);
        await versions.rollBack(version, run, failure);
        await versions.release(version, run, ['w__up.v3'], []);
        expect(await served(installation)).toEqual({ w: 2, 'w@1': 1 });
        const removal = await runOf(installation, 'removal');
        await versions.beginRemoval(first, removal, false);
        expect(await state.cancel('removal')).toBe('removing');
      }),
    );

    it(
      'goes with its workflow, and tells all of its models',
      on(async (installation) => {
        const { versions, state } = installation;
        await register(installation);
        await update(installation, 'two', beside);
        const run = await runOf(installation, 'unregister');
        const removal = await state.beginRemoval('w', run);
        expect([...removal.models].sort()).toEqual(['w__up', 'w__up.v2']);
        expect(removal.revision).toBe((await state.summary()).revision);
        expect(await served(installation)).toEqual({});
        expect(await state.beginRemoval('w', run)).toEqual(removal);
        await state.release('w', run, removal.models, []);
        expect(await ownersOf(installation)).toEqual([]);
        expect(await versions.list('w')).toBeUndefined();
        expect(await versions.get({ workflow: 'w', version: 2 })).toBeUndefined();
        expect((await state.summary()).ready).toBe(0);
      }),
    );

    it(
      'keeps no more than eight beside the active one',
      on(async (installation) => {
        await register(installation);
        for (let i = 0; i < 8; i += 1) await update(installation, `u${i}`, beside);
        const ninth = update(installation, 'ninth', beside);
        await expect(ninth).rejects.toMatchObject({ code: 'versionsFull', status: 409 });
        expect((await installation.versions.list('w'))?.updating).toBeUndefined();
      }),
    );

    it(
      'counts what becomes of the requests to a version, and tells which archives versions need',
      on(async (installation) => {
        const { versions } = installation;
        await register(installation);
        await update(installation, 'two');
        expect(await versions.outcomes('two')).toEqual({ total: 0, failed: 0 });
        await versions.report('two', { total: 3, failed: 1 });
        await versions.report('two', { total: 2, failed: 0 });
        expect(await versions.outcomes('two')).toEqual({ total: 5, failed: 1 });
        // Another workflow of that name may have a version of that number.
        expect(await versions.outcomes('three')).toEqual({ total: 0, failed: 0 });
        await remove(installation, { workflow: 'w', version: 1 }, true);
        await update(installation, 'three');
        const { definitions, unreadable } = await versions.definitions(['w', 'unknown']);
        expect(definitions.map((each) => each.version).sort()).toEqual([1, 2]);
        expect(unreadable).toBe(0);
      }),
    );
  });
}
