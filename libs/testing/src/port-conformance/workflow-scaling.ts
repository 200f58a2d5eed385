import type { OperationRun, WorkflowScaling, WorkflowState, WorkflowVersions } from '@torchweave/application';
import { asVersion, modelNodes, TorchweaveError, withWorkers } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { sampleDefinition } from './sample-definition.js';

const workers = { minWorkers: 2, maxWorkers: 3 };
const order = { nodes: ['up'], workers };
const refused = new TorchweaveError('scalingFailed', { workflow: 'w', failures: [], status: 507 }).toRecord();
const scaled = withWorkers(sampleDefinition('w'), ['up'], workers);

interface Installation {
  readonly state: WorkflowState;
  readonly versions: WorkflowVersions;
  readonly scaling: WorkflowScaling;
}

/** What every {@link WorkflowScaling} must do, beside the state of its workflows and their versions. `create` gives an empty one. */
export function describeWorkflowScaling(
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

  async function register(installation: Installation): Promise<void> {
    const run = await runOf(installation, 'register-w');
    await installation.state.reserve(sampleDefinition('w'), run);
    await installation.state.activate({ workflow: 'w', version: 1 }, run);
  }

  const traceOf = async ({ state }: Installation, operationId: string) => (await state.takeUp(operationId)).trace;

  describe(`${name} as WorkflowScaling`, () => {
    it(
      'gives the active version other numbers, and changes nothing else of it',
      on(async (installation) => {
        const { state, versions, scaling } = installation;
        await register(installation);
        const before = await state.get('w');
        const { revision } = await state.summary();
        const run = await runOf(installation, 'scale');
        const held = await scaling.begin('w', ({ version }) => ({ ...order, nodes: [`up`, `${version}`] }), run);
        expect(held).toEqual({ ...before, scaling: { ...order, nodes: ['up', '1'], operationId: 'scale' } });
        expect(await versions.get({ workflow: 'w', version: 1 })).toEqual(held);
        expect((await versions.unfinished()).records).toEqual([{ record: held, updating: 'scale' }]);
        expect(await traceOf(installation, 'scale')).toEqual({ outcome: 'held', record: held });
        await scaling.commit(scaled, await runOf(installation, 'scale'));
        expect(await state.get('w')).toEqual({ ...before, definition: scaled });
        expect(modelNodes(scaled)).toMatchObject([workers]);
        expect((await versions.list('w'))?.updating).toBeUndefined();
        expect((await versions.unfinished()).records).toEqual([]);
        expect((await state.summary()).revision).toBe(revision);
        expect(await traceOf(installation, 'scale')).toEqual({ outcome: 'committed', workflow: 'w' });
      }),
    );

    it(
      'lets the operation that has the workflow do each act again, and no run of it that another has followed',
      on(async (installation) => {
        const { state, scaling } = installation;
        await register(installation);
        const first = await runOf(installation, 'scale');
        const held = await scaling.begin('w', () => order, first);
        const run = await runOf(installation, 'scale');
        const lost = { code: 'operationAbandoned' };
        await expect(scaling.begin('w', () => order, first)).rejects.toMatchObject(lost);
        await expect(scaling.commit(scaled, first)).rejects.toMatchObject(lost);
        await expect(scaling.beginUndo('w', first, refused)).rejects.toMatchObject(lost);
        await expect(scaling.release('w', first)).rejects.toMatchObject(lost);
        expect(await scaling.begin('w', () => order, run)).toEqual(held);
        await scaling.commit(scaled, run);
        await scaling.commit(scaled, run);
        expect((await state.get('w'))?.definition).toEqual(scaled);
        await expect(scaling.release('w', run)).rejects.toMatchObject(lost);
      }),
    );

    it(
      'gives a workflow to one operation at a time, and to none that would have it while it is registered or gone',
      on(async (installation) => {
        const { state, versions, scaling } = installation;
        const one = await runOf(installation, 'one');
        await expect(scaling.begin('w', () => order, one)).rejects.toMatchObject({ code: 'workflowNotFound' });
        const registering = await runOf(installation, 'register-w');
        await state.reserve(sampleDefinition('w'), registering);
        const isRegistered = scaling.begin('w', () => order, one);
        await expect(isRegistered).rejects.toMatchObject({ code: 'workflowBusy', data: { operationId: 'register-w' } });
        await state.activate({ workflow: 'w', version: 1 }, registering);
        await scaling.begin('w', () => order, one);
        const other = await runOf(installation, 'other');
        const busy = { code: 'workflowBusy', data: { operationId: 'one', phase: 'updating' } };
        const define = (version: number) => asVersion(sampleDefinition('w'), version);
        await expect(scaling.begin('w', () => order, other)).rejects.toMatchObject(busy);
        await expect(versions.reserve('w', define, other)).rejects.toMatchObject(busy);
        await expect(versions.direct('w', other)).rejects.toMatchObject(busy);
        await expect(state.beginRemoval('w', other)).rejects.toMatchObject(busy);
      }),
    );

    it(
      'holds nothing for what cannot be ordered of the active version',
      on(async (installation) => {
        const { versions, scaling } = installation;
        await register(installation);
        const run = await runOf(installation, 'scale');
        const unknown = new TorchweaveError('nodeNotFound', { workflow: 'w', node: 'x', models: ['up'] });
        const refuse = (): never => {
          throw unknown;
        };
        await expect(scaling.begin('w', refuse, run)).rejects.toBe(unknown);
        expect((await versions.list('w'))?.updating).toBeUndefined();
        expect(await traceOf(installation, 'scale')).toEqual({ outcome: 'none' });
      }),
    );

    it(
      'begins and commits nothing for an operation that is cancelled, which is undone all the same',
      on(async (installation) => {
        const { state, scaling } = installation;
        await register(installation);
        const before = await state.get('w');
        const run = await runOf(installation, 'scale');
        await scaling.begin('w', () => order, run);
        expect(await state.cancel('scale')).toBe('cancelled');
        const isCancelled = { code: 'operationCancelled' };
        await expect(scaling.commit(scaled, run)).rejects.toMatchObject(isCancelled);
        await scaling.beginUndo('w', run, refused);
        await scaling.release('w', run);
        expect(await state.get('w')).toEqual(before);
        const other = await runOf(installation, 'other');
        await state.cancel('other');
        await expect(scaling.begin('w', () => order, other)).rejects.toMatchObject(isCancelled);
      }),
    );

    it(
      'leaves everything as it was where it is undone, and remembers why',
      on(async (installation) => {
        const { state, versions, scaling } = installation;
        await register(installation);
        const before = await state.get('w');
        const run = await runOf(installation, 'scale');
        await expect(scaling.beginUndo('w', run, refused)).rejects.toMatchObject({ code: 'operationAbandoned' });
        await scaling.begin('w', () => order, run);
        await scaling.beginUndo('w', run, refused);
        const later = new TorchweaveError('internal', { reason: 'later' }).toRecord();
        await scaling.beginUndo('w', run, later);
        const trace = { outcome: 'held', record: { scaling: { operationId: 'scale', failure: refused } } };
        expect(await traceOf(installation, 'scale')).toMatchObject(trace);
        const again = await runOf(installation, 'scale');
        await scaling.release('w', again);
        await scaling.release('w', again);
        expect(await state.get('w')).toEqual(before);
        expect((await versions.unfinished()).records).toEqual([]);
        expect((await versions.list('w'))?.updating).toBeUndefined();
        const ended = { outcome: 'released', workflow: 'w', failure: refused };
        expect(await traceOf(installation, 'scale')).toEqual(ended);
      }),
    );

    it(
      'goes with its version: what serves next has numbers of its own, and going back finds the changed ones',
      on(async (installation) => {
        const { state, versions, scaling } = installation;
        await register(installation);
        const run = await runOf(installation, 'scale');
        await scaling.begin('w', () => order, run);
        await scaling.commit(scaled, run);
        const keep = { versions: 1, ms: 60_000, drainMs: 0 };
        const update = await runOf(installation, 'update');
        await versions.reserve('w', (version) => asVersion(sampleDefinition('w'), version), update);
        await versions.activate({ workflow: 'w', version: 2 }, update, { asDefault: true, keep });
        expect((await state.get('w'))?.definition.nodes).toMatchObject([{}, { minWorkers: 1, maxWorkers: 1 }, {}]);
        const back = await runOf(installation, 'back');
        await versions.activate({ workflow: 'w', version: 1 }, back, { asDefault: true, keep });
        expect((await state.get('w'))?.definition).toEqual(scaled);
      }),
    );
  });
}
