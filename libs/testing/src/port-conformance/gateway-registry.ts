import type { GatewayRegistry, PreparationOutcome } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sampleDefinition } from './sample-definition.js';

/** One registry, as a worker and a gateway have it: each on connections of its own, where it has any. */
export interface RegistriesUnderTest {
  readonly worker: GatewayRegistry;
  readonly gateway: GatewayRegistry;
  dispose(): Promise<void>;
}

/** ms; far longer than anything takes that is waited for. */
const longMs = 20_000;
const preparation = { operationId: 'operation', definition: sampleDefinition('chain') };
const { signal } = new AbortController();

/**
 * What every {@link GatewayRegistry} must do. `create` gives one that knows no gateway.
 *
 * @param create its `leaseMs` is ms that an announcement counts; where none is given, longer than a test.
 */
export function describeGatewayRegistry(
  name: string,
  create: (leaseMs?: number) => Promise<RegistriesUnderTest>,
): void {
  async function registries(leaseMs?: number): Promise<RegistriesUnderTest> {
    const created = await create(leaseMs);
    onTestFinished(() => created.dispose());
    return created;
  }

  describe(`${name} as a GatewayRegistry`, () => {
    it('tells which gateways live, by their ids, and how far each has followed', async () => {
      const { worker, gateway } = await registries();
      expect(await worker.serving()).toEqual([]);
      await gateway.announce('b', 7);
      await gateway.announce('a', 6);
      await gateway.announce('gone', 7);
      await gateway.leave('gone');
      expect(await worker.serving()).toEqual([
        { gatewayId: 'a', revision: 6 },
        { gatewayId: 'b', revision: 7 },
      ]);
    });

    describe('waitFor', () => {
      it('waits until every gateway serves the revision', async () => {
        const { worker, gateway } = await registries();
        await gateway.announce('a', 7);
        await gateway.announce('b', 6);
        let isOver = false;
        const waiting = worker.waitFor(7, longMs).then((late) => {
          isOver = true;
          return late;
        });
        // It has looked, and found b, when this is answered.
        await worker.waitFor(6, longMs);
        expect(isOver).toBe(false);
        await gateway.announce('b', 7);
        expect(await waiting).toEqual([]);
      });

      it('waits for nobody where no gateway lives, or all are further', async () => {
        const { worker, gateway } = await registries();
        expect(await worker.waitFor(7, longMs)).toEqual([]);
        await gateway.announce('a', 8);
        expect(await worker.waitFor(7, longMs)).toEqual([]);
      });

      it('tells which gateways are late when the time is over', async () => {
        const { worker, gateway } = await registries();
        await gateway.announce('in time', 7);
        await gateway.announce('slow', 6);
        expect(await worker.waitFor(7, 20)).toEqual(['slow']);
      });

      it('does not wait any longer for who leaves', async () => {
        const { worker, gateway } = await registries();
        await gateway.announce('leaving', 6);
        const waiting = worker.waitFor(7, longMs);
        await worker.waitFor(6, longMs);
        await gateway.leave('leaving');
        expect(await waiting).toEqual([]);
      });

      it('waits for nobody whose lease is over or who has left', async () => {
        const { worker, gateway } = await registries(50);
        expect([worker.leaseMs, gateway.leaseMs]).toEqual([50, 50]);
        await gateway.announce('dead', 6);
        await gateway.announce('gone', 6);
        await gateway.leave('gone');
        expect(await worker.waitFor(7, longMs)).toEqual([]);
      });
    });

    describe('prepare', () => {
      it('asks every live gateway, and tells how it went on each', async () => {
        const { worker, gateway } = await registries();
        const failure = new TorchweaveError('archiveStoreFull', {}).toRecord();
        await gateway.onPreparation({
          prepare: ({ operationId, definition }) => {
            expect(definition).toEqual(preparation.definition);
            void gateway.answerPreparation('another operation', { gatewayId: 'b' });
            void gateway.answerPreparation(operationId, { gatewayId: 'a' });
            void gateway.answerPreparation(operationId, { gatewayId: 'has no lease' });
            void gateway.answerPreparation(operationId, { gatewayId: 'b', failure });
          },
          discard: () => undefined,
        });
        await gateway.announce('a', 0);
        await gateway.announce('b', 0);
        const outcomes = await worker.prepare(preparation, signal);
        expect(outcomes).toHaveLength(2);
        expect(outcomes).toEqual(expect.arrayContaining([{ gatewayId: 'a' }, { gatewayId: 'b', failure }]));
      });

      it('asks nobody where no gateway lives', async () => {
        const { worker } = await registries();
        expect(await worker.prepare(preparation, signal)).toEqual([]);
      });

      it('ends the wait for a gateway that does not answer when it is told to', async () => {
        const { worker, gateway } = await registries();
        const end = new AbortController();
        await gateway.announce('silent', 0);
        const asked = new Promise<void>((resolve) => {
          void gateway.onPreparation({ prepare: () => resolve(), discard: () => undefined });
        });
        const waiting = worker.prepare(preparation, end.signal);
        await asked;
        end.abort(new Error('told to'));
        await expect(waiting).rejects.toThrow('told to');
        await expect(worker.prepare(preparation, end.signal)).rejects.toThrow('told to');
      });

      it('gives each of several that ask at once what it has asked for', async () => {
        const { worker, gateway } = await registries();
        await gateway.announce('a', 0);
        const asked: string[] = [];
        const failure = new TorchweaveError('archiveStoreFull', {}).toRecord();
        await gateway.onPreparation({
          // Answered in reverse, and only when all have asked.
          prepare: ({ operationId }) => {
            if (asked.push(operationId) < 3) return;
            for (const id of asked.reverse()) {
              const outcome: PreparationOutcome = { gatewayId: 'a', ...(id === 'op-1' ? { failure } : {}) };
              void gateway.answerPreparation(id, outcome);
            }
          },
          discard: () => undefined,
        });
        const preparing = ['op-0', 'op-1', 'op-2'].map((operationId) =>
          worker.prepare({ ...preparation, operationId }, signal),
        );
        const ok = [{ gatewayId: 'a' }];
        expect(await Promise.all(preparing)).toEqual([ok, [{ gatewayId: 'a', failure }], ok]);
      });
    });

    it('tells gateways what is not going to be committed, until they stop listening', async () => {
      const { worker, gateway } = await registries();
      const discarded: string[] = [];
      const stop = await gateway.onPreparation({ prepare: () => undefined, discard: (id) => discarded.push(id) });
      const later = new Promise<void>((resolve) => {
        void gateway.onPreparation({ prepare: () => undefined, discard: (id) => id === 'second' && resolve() });
      });
      await worker.discard('first');
      await vi.waitFor(() => expect(discarded).toEqual(['first']));
      stop();
      await worker.discard('second');
      await later;
      expect(discarded).toEqual(['first']);
    });
  });
}
