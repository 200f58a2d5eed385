import type { InferenceOptions, ModelInference } from '@torchweave/application';
import type { InputField } from '@torchweave/domain';
import { releaseOf } from '@torchweave/kernel';
import { beforeAll, describe, expect, it } from 'vitest';
import { inferenceOptions, patience, suiteTimeoutMs, textOf as text } from './inferring.js';

/** Models that the suite asks for, by what they do. */
export type Behaviour =
  /** Answers the bytes of its one field `body`. */
  | 'echo'
  /** Answers after as many seconds as the text says. */
  | 'slow'
  /** Fails, and tells nobody why. */
  | 'fails'
  /** Answers a JSON object of each field's number of bytes and their sum. */
  | 'sizes';

/** A server that has models. */
export interface InferenceUnderTest {
  readonly inference: ModelInference;
  /** The name of a model that is there and does so. */
  nameOf(behaviour: Behaviour): Promise<string>;
}

const behaviours = ['echo', 'slow', 'fails', 'sizes'] as const satisfies readonly Behaviour[];

/** What every {@link ModelInference} must do. `create` is called once; whoever gives the server ends it. */
export function describeModelInference(name: string, create: () => Promise<InferenceUnderTest>): void {
  describe(`${name} as a ModelInference`, { timeout: suiteTimeoutMs }, () => {
    let inference: ModelInference;
    const names = new Map<string, string>();

    const infer = (model: string, input: readonly InputField[] | string, options: Partial<InferenceOptions> = {}) => {
      const fields = typeof input === 'string' ? [{ name: 'body', value: Buffer.from(input) }] : input;
      return inference.infer(names.get(model) ?? model, fields, inferenceOptions(options));
    };

    beforeAll(async () => {
      const under = await create();
      ({ inference } = under);
      for (const behaviour of behaviours) names.set(behaviour, await under.nameOf(behaviour));
    }, suiteTimeoutMs * 2);

    it('is healthy', async () => {
      expect(await inference.isHealthy(patience())).toBe(true);
    });

    it('answers with the very bytes that the model returned', async () => {
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const { value } = await infer('echo', [{ name: 'body', value: everyByte }]);
      expect(Buffer.from(value).equals(everyByte)).toBe(true);
    });

    it('carries a megabyte there and back', async () => {
      const megabyte = Buffer.alloc(1_000_000, 'abcdefg');
      const { value } = await infer('echo', [{ name: 'body', value: megabyte }]);
      expect(Buffer.from(value).equals(megabyte)).toBe(true);
    });

    it('carries large bodies whole, when the memory of others is released as soon as it may be', async () => {
      const bodies = Array.from({ length: 12 }, (_, index) => Buffer.alloc(300_000 + index * 10_000, `${index}.`));
      await Promise.all(
        bodies.map(async (body, index) => {
          const input = Buffer.from(body);
          const output = await infer('echo', [{ name: 'body', value: input }]);
          releaseOf(input)?.();
          expect(body.equals(output.value), `body ${index}`).toBe(true);
          output.release?.();
        }),
      );
    });

    it('carries a megabyte in each of several fields', async () => {
      const fields = ['a', 'b', 'c'].map((field) => ({ name: field, value: Buffer.alloc(1_000_000, 1) }));
      const seen = [1_000_000, 1_000_000];
      expect(JSON.parse(text(await infer('sizes', fields)))).toEqual({ a: seen, b: seen, c: seen });
    });

    it('names a model that is not there', async () => {
      await expect(infer('no-such-model', 'x')).rejects.toMatchObject({
        code: 'modelMissing',
        data: { message: expect.stringContaining('no-such-model') },
      });
    });

    it('tells of a model that has failed without a word to the client', async () => {
      await expect(infer('fails', 'x')).rejects.toMatchObject({
        code: 'modelFailed',
        data: { message: expect.stringMatching(/./) },
      });
    });

    it('gives up after the timeout, and serves the next request', async () => {
      await expect(infer('slow', '1', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'modelServerLate' });
      expect(text(await infer('slow', '0'))).toBe('done');
    });

    it('gives up when it is aborted, and serves the next request', async () => {
      const abort = new AbortController();
      const answer = infer('slow', '1', { signal: abort.signal });
      abort.abort(new Error('the client is gone'));
      await expect(answer).rejects.toThrow();
      expect(text(await infer('slow', '0'))).toBe('done');
    });

    it('rejects at once when it is aborted already', async () => {
      await expect(infer('echo', 'x', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow();
    });
  });
}
