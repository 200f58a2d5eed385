import type { GatewayProbes } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { sampleDefinition } from './sample-definition.js';

interface Ends {
  readonly worker: GatewayProbes;
  readonly gateway: GatewayProbes;
  dispose: () => Promise<void>;
}

const order = {
  operationId: 'op',
  definition: { ...sampleDefinition('w'), probe: { file: 'p.json', contentType: 'a/b' } },
};
const { signal } = new AbortController();
const fault = new TorchweaveError('probeFailed', {
  workflow: 'w',
  version: 1,
  reason: 'its answer is 1, not 2',
  status: 400,
});

/** What every {@link GatewayProbes} must do. `create` gives the two ends of one, at which nobody answers yet. */
export function describeGatewayProbes(name: string, create: () => Promise<Ends>): void {
  describe(`${name} as GatewayProbes`, () => {
    const use = async (test: (ends: Ends) => Promise<void>): Promise<void> => {
      const ends = await create();
      await test(ends).finally(ends.dispose);
    };

    it('has every gateway send the probe of the version, and tells what became of it on each', () =>
      use(async ({ worker, gateway }) => {
        const asked: unknown[] = [];
        await gateway.answer('a', (each) => Promise.resolve(void asked.push(each)));
        await gateway.answer('b', () => Promise.reject(fault));
        const outcomes = await worker.ask(order, signal);
        expect([...outcomes].sort((x, y) => (x.gatewayId < y.gatewayId ? -1 : 1))).toEqual([
          { gatewayId: 'a' },
          { gatewayId: 'b', failure: fault.toRecord() },
        ]);
        expect(asked).toEqual([order]);
      }));

    it('asks nobody where no gateway answers, nor any more one that has stopped', () =>
      use(async ({ worker, gateway }) => {
        expect(await worker.ask(order, signal)).toEqual([]);
        const stop = await gateway.answer('a', () => Promise.resolve());
        stop();
        expect(await worker.ask(order, signal)).toEqual([]);
      }));

    it('gives each of several that ask at once what it has asked for', () =>
      use(async ({ worker, gateway }) => {
        await gateway.answer('a', ({ operationId }) =>
          operationId === 'two' ? Promise.reject(fault) : Promise.resolve(),
        );
        const ids = ['one', 'two', 'three'];
        const outcomes = await Promise.all(ids.map((operationId) => worker.ask({ ...order, operationId }, signal)));
        expect(outcomes).toEqual([
          [{ gatewayId: 'a' }],
          [{ gatewayId: 'a', failure: fault.toRecord() }],
          [{ gatewayId: 'a' }],
        ]);
      }));

    it('ends the wait for a gateway when it is told to', () =>
      use(async ({ worker, gateway }) => {
        const end = new AbortController();
        let answer: () => void = () => undefined;
        const asked = new Promise<void>((resolve) => {
          void gateway.answer('a', () => {
            resolve();
            return new Promise<void>((done) => (answer = done));
          });
        });
        const waiting = worker.ask(order, end.signal);
        await asked;
        end.abort(new Error('told to'));
        await expect(waiting).rejects.toThrow('told to');
        await expect(worker.ask(order, end.signal)).rejects.toThrow('told to');
        answer();
      }));
  });
}
