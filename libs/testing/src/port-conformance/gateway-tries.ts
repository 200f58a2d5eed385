import { longestTriedAnswer, type GatewayTries, type Tried, type Try } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

interface Ends {
  readonly api: GatewayTries;
  readonly gateway: GatewayTries;
  dispose: () => Promise<void>;
}

const order: Try = {
  ...{ requestId: 'r', workflow: 'w', version: 2, contentType: 'a/b' },
  body: Buffer.from([0, 200, 10, 13]),
};
const tried: Tried = { status: 418, headers: { 'x-a': 'b' }, body: Buffer.from([255, 0]), size: 2, durationMs: 3 };
const { signal } = new AbortController();

/** What every {@link GatewayTries} must do. `create` gives the two ends of one, at which nobody answers yet. */
export function describeGatewayTries(name: string, create: () => Promise<Ends>): void {
  describe(`${name} as GatewayTries`, () => {
    const use = async (test: (ends: Ends) => Promise<void>): Promise<void> => {
      const ends = await create();
      await test(ends).finally(ends.dispose);
    };

    it('has the first that is there answer, byte by byte', () =>
      use(async ({ api, gateway }) => {
        const asked: Try[] = [];
        await gateway.answer('b', (each) => Promise.resolve(asked.push(each)).then(() => tried));
        await gateway.answer('c', () => Promise.reject(new Error('it was not its turn')));
        expect(await api.send(['a', 'b', 'c'], order, signal)).toEqual(tried);
        expect(asked).toEqual([order]);
      }));

    it('says so where none is there, or none any more', () =>
      use(async ({ api }) => {
        const none = { code: 'gatewayAway', data: { reason: 'none' } };
        await expect(api.send([], order, signal)).rejects.toMatchObject(none);
        await expect(api.send(['a'], order, signal)).rejects.toMatchObject(none);
      }));

    it('gives each of several that ask at once what it has asked for', () =>
      use(async ({ api, gateway }) => {
        await gateway.answer('a', ({ body }) => Promise.resolve({ ...tried, body }));
        const bodies = ['one', 'two', 'three'].map((text) => Buffer.from(text));
        const answers = await Promise.all(bodies.map((body) => api.send(['a'], { ...order, body }, signal)));
        expect(answers.map(({ body }) => body)).toEqual(bodies);
      }));

    it('cuts off what is too long of an answer', () =>
      use(async ({ api, gateway }) => {
        const size = longestTriedAnswer + 10;
        await gateway.answer('a', () => Promise.resolve({ ...tried, body: Buffer.alloc(size, 1), size }));
        const { body, size: whole } = await api.send(['a'], order, signal);
        expect([body.length, whole]).toEqual([longestTriedAnswer, size]);
      }));

    it('ends the wait when it is told to', () =>
      use(async ({ api, gateway }) => {
        const end = new AbortController();
        let answer: () => void = () => undefined;
        const asked = new Promise<void>((resolve) => {
          void gateway.answer('a', () => {
            resolve();
            return new Promise((done) => (answer = () => done(tried)));
          });
        });
        const waiting = api.send(['a'], order, end.signal);
        await asked;
        end.abort(new Error('told to'));
        await expect(waiting).rejects.toThrow('told to');
        await expect(api.send(['a'], order, end.signal)).rejects.toThrow('told to');
        answer();
      }));
  });
}
