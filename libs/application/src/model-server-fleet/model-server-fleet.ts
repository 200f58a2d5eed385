import { isTorchweaveError, isUnanswered, TorchweaveError } from '@torchweave/domain';
import type { ErrorCode, NodeInput, NodeOutput } from '@torchweave/domain';
import type { Logger } from '../ports/logger.js';
import type { InferenceOptions } from '../ports/model-inference.js';
import type { ModelRegistration } from '../ports/model-repository.js';
import type { ManagedModelServer, ModelServer } from '../ports/model-server.js';
import { FleetMember } from './fleet-member.js';

const healthIntervalMs = 1_000;
const healthTimeoutMs = 2_000;
const removalTimeoutMs = 10_000;
/** Models that are removed at once: what a server that is away has kept may be many. */
const parallelRemovals = 50;

/** What a fleet knows of one of its servers. */
export interface ModelServerStatus {
  readonly endpoint: string;
  /** Whether its last health check succeeded. */
  readonly healthy: boolean;
  /** Inferences of this process that it has not answered yet. */
  readonly inFlight: number;
}

/**
 * All model servers of an installation. Every workflow's models live on each of them; an inference goes to the least
 * busy healthy one.
 */
export class ModelServerFleet {
  /** Replaced, never changed: whoever walks it keeps what it began with. */
  private members: readonly FleetMember[];
  private watching: NodeJS.Timeout | undefined;

  constructor(
    servers: readonly ModelServer[],
    private readonly logger: Logger,
  ) {
    this.members = servers.map((server) => new FleetMember(server, true, logger));
  }

  get servers(): readonly ModelServer[] {
    return this.members.map((member) => member.server);
  }

  /** Those that take models from us. */
  get managed(): readonly ManagedModelServer[] {
    return this.servers.filter((server): server is ManagedModelServer => server.repository !== undefined);
  }

  /** What answers call the server of that endpoint. */
  nameOf(endpoint: string): string {
    return this.members.find(({ server }) => server.endpoint === endpoint)?.server.name ?? 'model server';
  }

  get status(): readonly ModelServerStatus[] {
    return this.members.map(({ server, healthy, inFlight }) => ({ endpoint: server.endpoint, healthy, inFlight }));
  }

  /** Takes a further server in; it counts as healthy when it says so. */
  async add(server: ModelServer): Promise<void> {
    const healthy = await server.inference.isHealthy(AbortSignal.timeout(healthTimeoutMs));
    this.members = [...this.members, new FleetMember(server, healthy, this.logger)];
  }

  /** Takes a server out; it ends when it has answered what is under way. */
  async remove(server: ModelServer): Promise<void> {
    const member = this.members.find((candidate) => candidate.server === server);
    if (member === undefined) return;
    this.members = this.members.filter((candidate) => candidate !== member);
    await member.leave();
  }

  /** Checks the health of every server, now and every second until {@link close}. */
  async watchHealth(): Promise<void> {
    this.watching ??= setInterval(() => void this.checkHealth(), healthIntervalMs).unref();
    await this.checkHealth();
  }

  /**
   * Registers the model on every server that is up, and takes models from us.
   *
   * @throws the first server's error when a server that is up refuses, or when none is up; `noModelServer` when there
   * is none.
   */
  async register(model: ModelRegistration, signal: AbortSignal): Promise<void> {
    if (this.members.length === 0) throw new TorchweaveError('noModelServer', { model: model.name });
    const results = await Promise.allSettled(
      this.managed.map((server) =>
        server.repository.register(model, signal).catch((error: unknown) => failNamed(server, error)),
      ),
    );
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (errors.length === 0) return;
    const refused = errors.find((error) => !isUnanswered(error));
    if (refused !== undefined) throw refused;
    if (errors.length === results.length) throw errors[0];
    // A server that is away gets the model from reconcile, before it takes requests again.
    this.logger.warn({ model: model.name, away: errors.length }, 'registered without the model servers that are away');
  }

  /** Removes the models everywhere. @returns those that may still lie on a server that did not answer. */
  async unregisterAll(models: readonly string[]): Promise<string[]> {
    const signal = AbortSignal.timeout(removalTimeoutMs);
    const left: string[] = [];
    for (let i = 0; i < models.length; i += parallelRemovals) {
      const batch = models.slice(i, i + parallelRemovals);
      const isLeft = await Promise.all(batch.map((model) => this.unregister(model, signal)));
      left.push(...batch.filter((_, index) => isLeft[index]));
    }
    return left;
  }

  /** @returns whether it may still lie on a server that did not answer. */
  private async unregister(model: string, signal: AbortSignal): Promise<boolean> {
    const results = await Promise.allSettled(
      this.managed.map(({ repository }) => repository.unregister(model, signal)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return false;
    this.logger.warn({ model, err: failed.reason as unknown }, 'model not removed everywhere; reconcile goes on');
    return true;
  }

  /**
   * Runs the model on the least busy healthy server; on another one when that server has lost the model or cannot be
   * reached.
   *
   * @throws TorchweaveError of the last server tried; `noModelServer` when there is none.
   */
  async infer(model: string, input: NodeInput, options: InferenceOptions): Promise<NodeOutput> {
    const deadline = performance.now() + options.timeoutMs;
    const first = this.pick();
    if (first === undefined) throw this.nobody(model);
    try {
      return await first.infer(model, input, options);
    } catch (error) {
      return this.inferElsewhere(model, input, { ...options, deadline }, first, error);
    }
  }

  /** Tries the other servers, within what is left of the time. */
  private async inferElsewhere(
    model: string,
    input: NodeInput,
    options: InferenceOptions & { readonly deadline: number },
    first: FleetMember,
    failure: unknown,
  ): Promise<NodeOutput> {
    const tried = new Set([first]);
    let last = failure;
    for (;;) {
      if (options.signal.aborted || !isElsewhereWorthTrying(last)) throw last;
      const member = this.pick(tried);
      const timeoutMs = options.deadline - performance.now();
      if (member === undefined || timeoutMs <= 0) throw last;
      tried.add(member);
      try {
        return await member.infer(model, input, { ...options, timeoutMs });
      } catch (error) {
        last = error;
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.watching);
    await Promise.all(this.members.map(({ server }) => server.close()));
  }

  /**
   * The least busy server not yet tried, healthy ones first: a wrong health check must not make requests fail. One that has
   * not answered several times in a row gets a pause.
   */
  private pick(tried?: ReadonlySet<FleetMember>): FleetMember | undefined {
    let best: FleetMember | undefined;
    for (const member of this.members) {
      if (tried?.has(member) === true || !member.breaker.admits) continue;
      const better =
        best === undefined ||
        (member.healthy && !best.healthy) ||
        (member.healthy === best.healthy && member.inFlight < best.inFlight);
      if (better) best = member;
    }
    return best;
  }

  private nobody(model: string): TorchweaveError {
    const [first] = this.members;
    if (first === undefined) return new TorchweaveError('noModelServer', { model });
    const reason = 'it has not answered for a while; it is tried again in a moment';
    return new TorchweaveError('modelServerUnreachable', { endpoint: first.server.endpoint, reason });
  }

  private async checkHealth(): Promise<void> {
    await Promise.all(
      this.members.map(async (member) =>
        member.checked(await member.server.inference.isHealthy(AbortSignal.timeout(healthTimeoutMs))),
      ),
    );
  }
}

/** @throws the error; one of a server that gave no answer with the server's name. */
export function failNamed({ name }: ModelServer, error: unknown): never {
  const options = { cause: error };
  if (isTorchweaveError(error, 'modelServerUnreachable')) {
    throw new TorchweaveError('modelServerUnreachable', { ...error.data, server: name }, options);
  }
  if (isTorchweaveError(error, 'modelServerLate')) {
    throw new TorchweaveError('modelServerLate', { ...error.data, server: name }, options);
  }
  throw error;
}

/** What another server need not say. */
const elsewhereWorthTrying: ReadonlySet<ErrorCode> = new Set([
  ...(['modelServerUnreachable', 'modelServerLate', 'modelMissing', 'modelBusy', 'modelFailed'] as const),
  'overloaded',
]);

const isElsewhereWorthTrying = (error: unknown): boolean =>
  isTorchweaveError(error) && elsewhereWorthTrying.has(error.code);
