import { TorchweaveError, type NodeOutput } from '@torchweave/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../ports/logger.js';
import type { InferenceOptions, ModelInference } from '../ports/model-inference.js';
import type { ModelRegistration, ModelRepository } from '../ports/model-repository.js';
import type { ModelServer } from '../ports/model-server.js';
import { ModelServerFleet } from './model-server-fleet.js';

/** A model server that does as it is told. */
class ToldServer implements ModelServer, ModelInference, ModelRepository {
  calls = 0;
  healthy = true;
  behave: (options: InferenceOptions) => Promise<NodeOutput> = () => Promise.resolve({ value: Buffer.from('ok') });

  readonly name = 'told';
  readonly inference = this;
  readonly repository?: ModelRepository = this;

  constructor(readonly endpoint: string) {}

  infer(_name: string, _input: unknown, options: InferenceOptions): Promise<NodeOutput> {
    this.calls += 1;
    return this.behave(options);
  }
  isHealthy = (): Promise<boolean> => Promise.resolve(this.healthy);
  register = (): Promise<void> => Promise.resolve();
  unregister = (): Promise<void> => Promise.resolve();
  scale = (): Promise<void> => Promise.resolve();
  describe = (): Promise<undefined> => Promise.resolve(undefined);
  list = (): Promise<string[]> => Promise.resolve([]);
  close = (): Promise<void> => Promise.resolve();

  refuseConnections(): void {
    const { endpoint } = this;
    this.behave = () =>
      Promise.reject(new TorchweaveError('modelServerUnreachable', { endpoint, reason: 'connection refused' }));
  }
  hang(): void {
    const { endpoint } = this;
    this.behave = ({ timeoutMs }) =>
      new Promise((_, reject) => {
        const late = new TorchweaveError('modelServerLate', { endpoint, timeoutMs });
        setTimeout(() => reject(late), timeoutMs);
      });
  }
  answer(): void {
    this.behave = () => Promise.resolve({ value: Buffer.from('ok') });
  }
}

describe('a fleet whose model servers fail', () => {
  let one: ToldServer;
  let other: ToldServer;
  let fleet: ModelServerFleet;
  beforeEach(() => {
    vi.useFakeTimers();
    [one, other] = [new ToldServer('one'), new ToldServer('other')];
  });
  afterEach(async () => {
    await fleet.close();
    vi.useRealTimers();
  });

  const infer = async (signal = new AbortController().signal): Promise<string> => {
    const options = { requestId: 'r', headers: {}, timeoutMs: 100, signal };
    const answered = fleet.infer('m', [], options).then(
      ({ value }) => Buffer.from(value).toString(),
      (error: unknown) => (error as TorchweaveError).message,
    );
    await vi.advanceTimersByTimeAsync(200);
    return answered;
  };
  const inferTimes = async (times: number): Promise<string[]> => {
    const answers: string[] = [];
    for (let i = 0; i < times; i += 1) answers.push(await infer());
    return answers;
  };

  it('goes on with the one that answers, and asks the other only now and then', async () => {
    fleet = new ModelServerFleet([one, other], silentLogger);
    one.refuseConnections();
    expect(new Set(await inferTimes(30))).toEqual(new Set(['ok']));
    expect(one.calls).toBeLessThan(10);
    const before = other.calls;
    one.answer();
    await vi.advanceTimersByTimeAsync(2_000);
    await inferTimes(30);
    expect(one.calls).toBeGreaterThan(10);
    expect(other.calls).toBeLessThanOrEqual(before + 30);
  });

  it('says at once that its only one does not answer, and tries it again after a while', async () => {
    fleet = new ModelServerFleet([one], silentLogger);
    one.refuseConnections();
    await inferTimes(5);
    expect(await infer()).toMatch(/^The model server cannot be reached: it has not answered for a while/);
    expect(one.calls).toBe(5);
    one.answer();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await inferTimes(2)).toEqual(['ok', 'ok']);
  });

  it('tries it again at once when its health comes back', async () => {
    fleet = new ModelServerFleet([one], silentLogger);
    one.healthy = false;
    await fleet.watchHealth();
    one.refuseConnections();
    await inferTimes(5);
    one.answer();
    one.healthy = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await infer()).toBe('ok');
  });

  it('takes no late answer of a healthy server for its fault: the model may be slow', async () => {
    fleet = new ModelServerFleet([one], silentLogger);
    one.hang();
    await inferTimes(10);
    expect(one.calls).toBe(10);
  });

  it('gives a pause to a server that is neither healthy nor answers in time', async () => {
    fleet = new ModelServerFleet([one], silentLogger);
    one.hang();
    one.healthy = false;
    await fleet.watchHealth();
    await inferTimes(8);
    expect(one.calls).toBe(5);
  });

  it('takes refusals for answers', async () => {
    fleet = new ModelServerFleet([one], silentLogger);
    const refused = new TorchweaveError('modelServerRefused', { endpoint: 'one', message: 'no' });
    one.behave = () => Promise.reject(refused);
    expect(await inferTimes(8)).toEqual(Array.from({ length: 8 }, () => 'no'));
    expect(one.calls).toBe(8);
  });

  it('takes no call that was cancelled for a failure', async () => {
    fleet = new ModelServerFleet([one], silentLogger);
    one.refuseConnections();
    for (let i = 0; i < 8; i += 1) await infer(AbortSignal.abort());
    expect(one.calls).toBe(8);
  });
});

describe('a fleet of which one takes no models from us', () => {
  const model: ModelRegistration = {
    ...{ name: 'm', url: 'm.mar', minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 1, responseTimeoutMs: 1 },
  };

  it('registers and removes on the others, and infers on all', async () => {
    const [one, told] = [new ToldServer('one'), new ToldServer('fixed')];
    const fixed: ModelServer = { endpoint: 'fixed', name: 'fixed', inference: told, close: told.close };
    const asked: string[] = [];
    one.register = () => Promise.resolve(void asked.push('register'));
    one.unregister = () => Promise.resolve(void asked.push('unregister'));
    const fleet = new ModelServerFleet([fixed, one], silentLogger);
    const { signal } = new AbortController();
    await fleet.register(model, signal);
    expect(await fleet.unregisterAll(['m'])).toEqual([]);
    expect([asked, fleet.managed]).toEqual([['register', 'unregister'], [one]]);
    await fleet.infer('m', [], { requestId: 'r', headers: {}, timeoutMs: 100, signal });
    expect(told.calls).toBe(1);
    await fleet.close();
  });
});

describe('a fleet that asks elsewhere', () => {
  const failures: readonly [TorchweaveError, boolean][] = [
    ...(['modelMissing', 'modelBusy', 'modelFailed'] as const).map((code): [TorchweaveError, boolean] => [
      new TorchweaveError(code, { endpoint: 'one', message: 'no' }),
      true,
    ]),
    [new TorchweaveError('modelServerRefused', { endpoint: 'one', message: 'no' }), false],
    [new TorchweaveError('modelRaised', { endpoint: 'one', status: 513, message: 'no' }), false],
    [new TorchweaveError('modelServerUnreachable', { endpoint: 'one', reason: 'no' }), true],
    [new TorchweaveError('modelServerLate', { endpoint: 'one', timeoutMs: 1 }), true],
    [new TorchweaveError('overloaded', { what: 'requests', limit: 1, retryAfterSeconds: 1 }), true],
    [new TorchweaveError('modelServerUnauthorized', { endpoint: 'one', message: 'no' }), false],
  ];

  it.each(failures)('after %s: %s', async (failure, isAsked) => {
    const [one, other] = [new ToldServer('one'), new ToldServer('other')];
    const fleet = new ModelServerFleet([one, other], silentLogger);
    one.behave = () => Promise.reject(failure);
    const { signal } = new AbortController();
    const inferring = fleet.infer('m', [], { requestId: 'r', headers: {}, timeoutMs: 1_000, signal });
    await (isAsked ? inferring : expect(inferring).rejects.toBe(failure));
    expect(other.calls).toBe(isAsked ? 1 : 0);
    await fleet.close();
  });
});

describe('a fleet that removes models', () => {
  it('asks for no more than some at once, and tells those that are left', async () => {
    const server = new ToldServer('one');
    const fleet = new ModelServerFleet([server], silentLogger);
    let [asked, most] = [0, 0];
    const unregister = async (name: string): Promise<void> => {
      most = Math.max(most, (asked += 1));
      await Promise.resolve();
      asked -= 1;
      if (name.endsWith('7')) throw new TorchweaveError('modelServerUnreachable', { endpoint: 'one', reason: 'no' });
    };
    server.unregister = unregister as () => Promise<void>;
    const models = Array.from({ length: 120 }, (_, i) => `w__up.v1.${i}`);
    expect(await fleet.unregisterAll(models)).toEqual(models.filter((model) => model.endsWith('7')));
    expect(most).toBe(50);
    await fleet.close();
  });
});
