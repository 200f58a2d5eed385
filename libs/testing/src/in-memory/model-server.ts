import type { InferenceOptions, ManagedModelServer, ModelDescription } from '@torchweave/application';
import type { ModelInference, ModelRegistration, ModelRepository } from '@torchweave/application';
import { TorchweaveError, type NodeInput, type NodeOutput } from '@torchweave/domain';
import type { CancellationSignal } from '@torchweave/kernel';

/** What a model does with an input; it may throw an error of the port. */
type ModelFunction = (input: NodeInput) => Uint8Array | Promise<Uint8Array>;

/** Makes a model, each time that it is loaded. @throws Error where it cannot be. */
export type ModelLoader = () => ModelFunction;

interface Loaded {
  readonly registration: ModelRegistration;
  readonly run: ModelFunction;
}

/** A model server whose models are functions of the test, by the URL of their registration. */
export class InMemoryModelServer implements ManagedModelServer, ModelRepository, ModelInference {
  readonly name = 'model server';
  readonly repository = this;
  readonly inference = this;
  private readonly models = new Map<string, Loaded>();

  constructor(
    readonly endpoint: string,
    private readonly loaders: ReadonlyMap<string, ModelLoader>,
  ) {}

  /** Of all models. */
  get names(): readonly string[] {
    return [...this.models.keys()];
  }

  register(model: ModelRegistration): Promise<void> {
    if (JSON.stringify(this.models.get(model.name)?.registration) === JSON.stringify(model)) return Promise.resolve();
    const { endpoint } = this;
    const load = this.loaders.get(model.url);
    try {
      if (load === undefined) throw new Error(`there is no ${model.url}`);
      this.models.set(model.name, { registration: model, run: load() });
      return Promise.resolve();
    } catch (cause) {
      const message = `The model ${model.name} cannot be loaded: ${(cause as Error).message}`;
      return Promise.reject(new TorchweaveError('modelRejected', { endpoint, message }, { cause }));
    }
  }

  unregister(name: string): Promise<void> {
    this.models.delete(name);
    return Promise.resolve();
  }

  scale(name: string, workers: { minWorkers: number; maxWorkers: number }): Promise<void> {
    const held = this.models.get(name);
    if (held !== undefined) this.models.set(name, { ...held, registration: { ...held.registration, ...workers } });
    return Promise.resolve();
  }

  describe(name: string): Promise<ModelDescription | undefined> {
    const registration = this.models.get(name)?.registration;
    if (registration === undefined) return Promise.resolve(undefined);
    return Promise.resolve({ ...registration, readyWorkers: Math.max(1, registration.minWorkers) });
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve(this.names);
  }

  isHealthy(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async infer(name: string, input: NodeInput, { timeoutMs, signal }: InferenceOptions): Promise<NodeOutput> {
    const model = this.models.get(name);
    const { endpoint } = this;
    if (model === undefined) throw new TorchweaveError('modelMissing', { endpoint, message: `There is no ${name}.` });
    signal.throwIfAborted();
    try {
      return { value: Uint8Array.from(await this.inTime(model.run(input), timeoutMs, signal)) };
    } catch (error) {
      if (error instanceof TorchweaveError || signal.aborted) throw error;
      throw new TorchweaveError('modelFailed', { endpoint, message: 'It failed.' }, { cause: error });
    }
  }

  /** What comes, unless the time is over before, or nobody wants it any more. */
  private inTime<T>(coming: T | Promise<T>, timeoutMs: number, signal: CancellationSignal): Promise<T> {
    const { endpoint } = this;
    return new Promise<T>((resolve, reject) => {
      const late = setTimeout(() => reject(new TorchweaveError('modelServerLate', { endpoint, timeoutMs })), timeoutMs);
      const aborted = { handleEvent: (): void => reject(signal.reason as Error) };
      signal.addEventListener('abort', aborted);
      const end = (): void => {
        clearTimeout(late);
        signal.removeEventListener('abort', aborted);
      };
      Promise.resolve(coming).finally(end).then(resolve, reject);
    });
  }

  close(): Promise<void> {
    this.models.clear();
    return Promise.resolve();
  }
}
