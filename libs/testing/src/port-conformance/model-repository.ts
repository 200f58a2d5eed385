import type { ManagedModelServer, ModelRegistration, ModelRepository } from '@torchweave/application';
import { beforeAll, describe, expect, it } from 'vitest';
import { inferText, patience, suiteTimeoutMs } from './inferring.js';

/** Models that a suite asks for, by what they do. */
export type ManagedBehaviour =
  /** Answers a text in capitals. */
  | 'upper'
  /** Answers a text from its end to its beginning. */
  | 'reverse'
  /** Answers what no other loading of it answers. */
  | 'instance'
  /** Cannot be loaded. */
  | 'broken'
  /** Is not there. */
  | 'absent';

/** A model server without models. */
export interface RepositoryUnderTest {
  readonly server: ManagedModelServer;
  /** What a registration names to have a model that does so. */
  urlOf(behaviour: ManagedBehaviour): string;
}

/** A registration with numbers that tests rarely care about. */
export function registrationOf(name: string, url: string, numbers: Partial<ModelRegistration> = {}): ModelRegistration {
  const defaults = { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 5, responseTimeoutMs: 20_000 };
  return { name, url, ...defaults, ...numbers };
}

/** What every {@link ModelRepository} must do. `create` is called once; whoever gives the server ends it. */
export function describeModelRepository(name: string, create: () => Promise<RepositoryUnderTest>): void {
  describe(`${name} as a ModelRepository`, { timeout: suiteTimeoutMs }, () => {
    let under: RepositoryUnderTest;
    let repository: ModelRepository;

    const register = (model: string, behaviour: ManagedBehaviour, numbers?: Partial<ModelRegistration>) =>
      repository.register(registrationOf(model, under.urlOf(behaviour), numbers), patience());

    const infer = (model: string, input: string) => inferText(under.server.inference, model, input);

    beforeAll(async () => {
      under = await create();
      ({ repository } = under.server);
    }, suiteTimeoutMs * 2);

    describe('registering', () => {
      it('serves a model the moment it is registered', async () => {
        await register('new__upper', 'upper');
        expect(await infer('new__upper', 'hello')).toBe('HELLO');
      });

      it('describes a model with its numbers, both of the workers among them', async () => {
        await register('described', 'upper', { minWorkers: 2, maxWorkers: 3, batchSize: 4, maxBatchDelay: 7 });
        const description = await repository.describe('described', patience());
        expect(description).toMatchObject({
          name: 'described',
          url: under.urlOf('upper'),
          minWorkers: 2,
          maxWorkers: 3,
          batchSize: 4,
          maxBatchDelay: 7,
        });
        expect(description?.readyWorkers).toBeGreaterThanOrEqual(2);
      });

      it('starts a worker for a model with a minimum of none', async () => {
        await register('no-minimum', 'upper', { minWorkers: 0, maxWorkers: 1 });
        expect((await repository.describe('no-minimum', patience()))?.readyWorkers).toBe(1);
        expect(await infer('no-minimum', 'hello')).toBe('HELLO');
      });

      it('keeps a model that is registered again as it is', async () => {
        await register('kept', 'instance');
        const before = await infer('kept', '');
        await register('kept', 'instance');
        expect(await infer('kept', '')).toBe(before);
      });

      it('replaces a model whose configuration differs', async () => {
        await register('replaced', 'upper');
        await register('replaced', 'reverse', { batchSize: 2 });
        expect(await repository.describe('replaced', patience())).toMatchObject({
          url: under.urlOf('reverse'),
          batchSize: 2,
        });
        expect(await infer('replaced', 'hello')).toBe('olleh');
      });

      it('refuses an archive that is not there and leaves nothing behind', async () => {
        await expect(
          repository.register(registrationOf('absent', under.urlOf('absent')), patience()),
        ).rejects.toMatchObject({
          code: 'modelRejected',
        });
        expect(await repository.describe('absent', patience())).toBeUndefined();
      });

      it('refuses a handler that cannot be imported and leaves nothing behind', async () => {
        await expect(register('broken', 'broken')).rejects.toMatchObject({
          code: expect.stringMatching(/^modelRejected$|^modelServerRefused$/),
          message: expect.stringMatching(/module_that_is_not_there|broken/),
        });
        expect(await repository.describe('broken', patience())).toBeUndefined();
        expect(await repository.list(patience())).not.toContain('broken');
      });

      it('registers the same model once when asked twice at once', async () => {
        await Promise.all([register('twice', 'upper'), register('twice', 'upper')]);
        expect(await infer('twice', 'hello')).toBe('HELLO');
        expect((await repository.list(patience())).filter((model) => model === 'twice')).toHaveLength(1);
      });
    });

    describe('managing', () => {
      it('forgets a model that is unregistered, and does not mind a second time', async () => {
        await register('gone', 'upper');
        await repository.unregister('gone', patience());
        await repository.unregister('gone', patience());
        expect(await repository.describe('gone', patience())).toBeUndefined();
        await expect(infer('gone', 'hello')).rejects.toMatchObject({
          code: 'modelMissing',
        });
      });

      it('serves a model that is registered again after it was unregistered', async () => {
        await register('back', 'upper');
        await repository.unregister('back', patience());
        await register('back', 'upper');
        expect(await infer('back', 'hello')).toBe('HELLO');
      });

      it('describes no model that is not there', async () => {
        expect(await repository.describe('never-registered', patience())).toBeUndefined();
      });

      it('scales the workers up and down', async () => {
        await register('scaled', 'upper');
        const readyWorkers = async (): Promise<number | undefined> =>
          (await repository.describe('scaled', patience()))?.readyWorkers;
        await repository.scale('scaled', { minWorkers: 2, maxWorkers: 2 }, patience());
        await expect.poll(readyWorkers, { timeout: 20_000 }).toBe(2);
        await repository.scale('scaled', { minWorkers: 1, maxWorkers: 1 }, patience());
        await expect.poll(readyWorkers, { timeout: 20_000 }).toBe(1);
        expect(await repository.describe('scaled', patience())).toMatchObject({ minWorkers: 1, maxWorkers: 1 });
      });

      it('lists the models by name', async () => {
        await Promise.all([register('listed-1', 'upper'), register('listed-2', 'reverse')]);
        expect(await repository.list(patience())).toEqual(expect.arrayContaining(['listed-1', 'listed-2']));
      });
    });
  });
}
