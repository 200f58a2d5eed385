import { Readable } from 'node:stream';

import { silentLogger, type ModelArchive, type ModelRegistration } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';

import { newModelOf } from './desired-model.js';
import type { CreateOutcome, NewModel } from './management-api.js';
import type { TorchServeModel } from './model-description.js';
import { ModelRegistrar, type ModelCommands, type ModelRegistrarOptions } from './model-registrar.js';

const model: ModelRegistration = {
  name: 'chain__pre',
  url: 'upper.mar',
  minWorkers: 1,
  maxWorkers: 1,
  batchSize: 1,
  maxBatchDelay: 10,
  responseTimeoutMs: 10_000,
};
const { signal } = new AbortController();
const refused = (message: string): TorchweaveError =>
  new TorchweaveError('modelServerRefused', { endpoint: 'test', message });

/** A TorchServe with one model at most, that notes the commands. */
class ScriptedTorchServe implements ModelCommands {
  readonly commands: string[] = [];
  held: TorchServeModel | undefined;
  onCreate: (created: NewModel) => CreateOutcome | Promise<CreateOutcome> = (created) => {
    this.hold(created);
    return 'created';
  };

  hold(created: NewModel, workers: Partial<TorchServeModel> = {}): void {
    const { initialWorkers } = created;
    const counts = { minWorkers: initialWorkers, maxWorkers: initialWorkers, readyWorkers: initialWorkers };
    this.held = { ...created, version: '1.0', ...counts, ...workers };
  }

  async create(created: NewModel): Promise<CreateOutcome> {
    this.commands.push(`create ${created.url}`);
    return this.onCreate(created);
  }

  scale(_name: string, workers: { minWorkers: number; maxWorkers: number }): Promise<void> {
    this.commands.push(`scale ${workers.minWorkers}-${workers.maxWorkers}`);
    if (this.held) this.held = { ...this.held, ...workers, readyWorkers: workers.minWorkers };
    return Promise.resolve();
  }

  describe(): Promise<TorchServeModel | undefined> {
    return Promise.resolve(this.held);
  }

  versions(): Promise<readonly TorchServeModel[]> {
    return Promise.resolve(this.held ? [this.held] : []);
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve(this.held ? [this.held.name] : []);
  }

  remove(): Promise<boolean> {
    this.commands.push('remove');
    this.held = undefined;
    return Promise.resolve(true);
  }
}

interface TestOffer {
  readonly file: string;
  readonly url: string;
  isFetched: boolean;
  isWithdrawn: boolean;
  withdraw(): void;
}

function setUp(more: Partial<ModelRegistrarOptions> = {}): {
  torchServe: ScriptedTorchServe;
  registrar: ModelRegistrar;
  offered: TestOffer[];
} {
  const torchServe = new ScriptedTorchServe();
  const offered: TestOffer[] = [];
  const offer = (_: ModelArchive, file: string): Promise<TestOffer> => {
    const made: TestOffer = {
      ...{ file, url: `http://here/${file}`, isFetched: false, isWithdrawn: false },
      withdraw: () => void (made.isWithdrawn = true),
    };
    offered.push(made);
    return Promise.resolve(made);
  };
  const registrar = new ModelRegistrar(torchServe, { endpoint: 'test', offer, logger: silentLogger, ...more });
  return { torchServe, registrar, offered };
}

describe('ModelRegistrar', () => {
  it('creates a model that is not there, and nothing more', async () => {
    const { torchServe, registrar } = setUp();
    await registrar.register(model, signal);
    expect(torchServe.commands).toEqual(['create upper.mar']);
  });

  it('sets the workers when the maximum is above the minimum', async () => {
    const { torchServe, registrar } = setUp();
    await registrar.register({ ...model, minWorkers: 2, maxWorkers: 4 }, signal);
    expect(torchServe.commands).toEqual(['create upper.mar', 'scale 2-4']);
  });

  it('does not scale twice where TorchServe keeps its own numbers', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.scale = (): Promise<void> => {
      torchServe.commands.push('scale');
      return Promise.resolve();
    };
    await registrar.register({ ...model, maxWorkers: 4 }, signal);
    expect(torchServe.commands).toEqual(['create upper.mar', 'scale']);
  });

  it('adopts a model with the same configuration, bringing its workers to the number asked for', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.hold(newModelOf(model), { minWorkers: 0, maxWorkers: 0, readyWorkers: 0 });
    await registrar.register(model, signal);
    expect(torchServe.commands).toEqual(['scale 1-1']);
  });

  it('replaces a model with another configuration', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.hold(newModelOf({ ...model, batchSize: 8 }));
    await registrar.register(model, signal);
    expect(torchServe.commands).toEqual(['remove', 'create upper.mar']);
  });

  it('replaces a model whose workers cannot be started', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.hold(newModelOf(model), { minWorkers: 0, maxWorkers: 0, readyWorkers: 0 });
    torchServe.scale = () => Promise.reject(refused('Failed to start workers'));
    await registrar.register(model, signal);
    expect(torchServe.commands).toEqual(['remove', 'create upper.mar']);
  });

  it('adopts the model when someone else was faster', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.onCreate = (created) => {
      torchServe.hold(created);
      return 'taken';
    };
    await registrar.register(model, signal);
    expect(torchServe.commands).toEqual(['create upper.mar']);
  });

  it('gives up when someone else is always faster', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.onCreate = () => 'taken';
    await expect(registrar.register(model, signal)).rejects.toMatchObject({
      code: 'modelServerRefused',
      message: 'Model chain__pre is registered by others again and again.',
    });
  });

  it('leaves what a failed registration has left to whoever asked for it, who knows whether it is still his', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.onCreate = (created) => {
      torchServe.hold(created, { readyWorkers: 0 });
      throw refused('Failed to start workers for model chain__pre version: 1.0');
    };
    await expect(registrar.register(model, signal)).rejects.toThrow('Failed to start workers');
    expect(torchServe.commands).toEqual(['create upper.mar']);
  });

  it('says what else is known of an archive whose workers do not start', async () => {
    const hints: Record<string, string> = { 'upper.mar': 'Its requirements.txt is not installed' };
    const hintOf = (url: string): Promise<string | undefined> => Promise.resolve(hints[url]);
    const { torchServe, registrar } = setUp({ hintOf });
    torchServe.onCreate = () => Promise.reject(refused('Failed to start workers.'));
    await expect(registrar.register(model, signal)).rejects.toMatchObject({
      code: 'modelServerRefused',
      message: 'Failed to start workers. Its requirements.txt is not installed',
    });
    const other = registrar.register({ ...model, url: 'lower.mar' }, signal);
    await expect(other).rejects.toMatchObject({ message: 'Failed to start workers.' });
  });

  it('does not remove models where models cannot be managed at all', async () => {
    const { torchServe, registrar } = setUp();
    torchServe.onCreate = () => Promise.reject(new TorchweaveError('modelManagementDisabled', { endpoint: 'test' }));
    await expect(registrar.register(model, signal)).rejects.toMatchObject({ code: 'modelManagementDisabled' });
    expect(torchServe.commands).toEqual(['create upper.mar']);
  });

  describe('a model that was fetched from its URL', () => {
    const digest = 'd'.repeat(64);
    const bytes = Buffer.from('PK and more');
    const read = (): ReturnType<ModelArchive['read']> =>
      Promise.resolve({ bytes: bytes.length, content: Readable.from([bytes]) });
    const remote = { ...model, url: 'https://models/upper.mar', archive: { digest, read } };
    const file = expect.stringMatching(`^torchweave-${digest}-[0-9a-f]{16}\\.mar$`) as string;

    it('is delivered under a name of its content and of the model', async () => {
      const { torchServe, registrar, offered } = setUp();
      await registrar.register(remote, signal);
      torchServe.held = undefined;
      await registrar.register({ ...remote, name: 'other' }, signal);
      expect(offered.map((offer) => offer.file)).toEqual([file, file]);
      expect(offered[0]?.file).not.toBe(offered[1]?.file);
      expect(torchServe.commands[0]).toBe(`create http://here/${offered[0]?.file}`);
      expect(offered.every((offer) => offer.isWithdrawn)).toBe(true);
    });

    it('is kept where it is the same, and replaced where it is not', async () => {
      const { torchServe, registrar } = setUp();
      await registrar.register(remote, signal);
      await registrar.register(remote, signal);
      expect(torchServe.commands).toHaveLength(1);
      await registrar.register({ ...remote, archive: { digest: 'e'.repeat(64), read } }, signal);
      expect(torchServe.commands.map((command) => command.split(' ')[0])).toEqual(['create', 'remove', 'create']);
    });

    it('is the file of that name where one has stayed in the store', async () => {
      const { torchServe, registrar, offered } = setUp();
      torchServe.onCreate = (created) => {
        if (created.url.startsWith('http:')) return 'fileExists';
        torchServe.hold(created);
        return 'created';
      };
      await registrar.register(remote, signal);
      expect(torchServe.commands[1]).toBe(`create ${offered[0]?.file}`);
      await registrar.register(remote, signal);
      expect(torchServe.commands).toHaveLength(2);
    });

    it('is delivered again where that file cannot be used', async () => {
      const { torchServe, registrar, offered } = setUp();
      torchServe.onCreate = (created) => {
        if (!created.url.startsWith('http:')) throw refused('truncated');
        if (offered.length === 1) return 'fileExists';
        torchServe.hold(created);
        return 'created';
      };
      await registrar.register(remote, signal);
      expect(offered[1]?.file).toMatch(/-[0-9a-f]{16}-[0-9a-f]{8}\.mar$/);
      await registrar.register(remote, signal);
      expect(offered).toHaveLength(2);
    });

    it('that TorchServe does not fetch is told with what to do, one that it refuses in its words, without our address', async () => {
      const { torchServe, registrar, offered } = setUp();
      torchServe.onCreate = (created) => Promise.reject(refused(`Given URL ${created.url} does not match`));
      await expect(registrar.register(remote, signal)).rejects.toThrow(/allowed_urls .+ model_delivery_address/);
      torchServe.onCreate = (created) => {
        for (const offer of offered) offer.isFetched = true;
        throw refused(`Failed to download archive from: ${created.url}`);
      };
      await expect(registrar.register(remote, signal)).rejects.toThrow(
        'Failed to download archive from: https://models/upper.mar',
      );
      expect(offered.every((offer) => offer.isWithdrawn)).toBe(true);
    });

    it('is not left to TorchServe to fetch', async () => {
      const { torchServe, registrar } = setUp();
      const registering = registrar.register({ ...model, url: 'http://169.254.169.254/x.mar' }, signal);
      await expect(registering).rejects.toMatchObject({ code: 'modelRejected' });
      expect(torchServe.commands.filter((command) => command.startsWith('create'))).toEqual([]);
    });
  });

  it('removes every version of a model, the default one last', async () => {
    const { torchServe, registrar } = setUp();
    const removed: (string | undefined)[] = [];
    const version = (name: string): TorchServeModel => ({
      ...newModelOf(model),
      version: name,
      minWorkers: 1,
      maxWorkers: 1,
      readyWorkers: 1,
    });
    torchServe.held = version('1.0');
    torchServe.versions = () => Promise.resolve(['1.0', '2.0', '3.0'].map(version));
    torchServe.remove = (...args: [string?, string?]) => {
      removed.push(args[1]);
      return Promise.resolve(removed.length > 1);
    };
    await registrar.unregister('chain__pre', signal);
    expect(removed).toEqual([undefined, '2.0', '3.0', undefined]);
  });

  it('scales to no worker only where no worker is the most', async () => {
    const { torchServe, registrar } = setUp();
    await registrar.scale('chain__pre', { minWorkers: 0, maxWorkers: 0 }, signal);
    await registrar.scale('chain__pre', { minWorkers: 0, maxWorkers: 2 }, signal);
    expect(torchServe.commands).toEqual(['scale 0-0', 'scale 1-2']);
  });
});
