import { isUnanswered, TorchweaveError, type WorkerRange } from '@torchweave/domain';
import type { ManagedModelServer } from '../ports/model-server.js';
import { failNamed } from './model-server-fleet.js';

/** ms that workers may take until they are ready, after the model server has said that they are there or on their way. */
const readinessTimeoutMs = 30_000;
const readinessPollMs = 50;

/**
 * Gives a model so many workers on every server that is up and has it: one that has lost it gets it from reconcile.
 *
 * @returns whether none was away.
 * @throws the first error of a server that refuses; the first one's, when none is up; `modelMissing` when none has the model.
 */
export async function scaleModel(
  servers: readonly ManagedModelServer[],
  model: string,
  workers: WorkerRange,
  signal: AbortSignal,
): Promise<boolean> {
  if (servers.length === 0) throw new TorchweaveError('noModelServer', { model });
  const scaleOn = async ({ endpoint, repository }: ManagedModelServer): Promise<void> => {
    if ((await repository.describe(model, signal)) === undefined)
      throw new TorchweaveError('modelMissing', { endpoint, message: `Model not found: ${model}` });
    await repository.scale(model, workers, signal);
  };
  const results = await Promise.allSettled(
    servers.map((server) => scaleOn(server).catch((error: unknown) => failNamed(server, error))),
  );
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const refused = errors.find((error) => !isAbsent(error));
  if (refused !== undefined) throw refused;
  if (errors.length === servers.length) throw errors[0];
  return errors.length === 0;
}

/** Of a server that is not there, or does not have the model. */
const isAbsent = (error: unknown): boolean =>
  isUnanswered(error) || (error instanceof TorchweaveError && error.code === 'modelMissing');

/**
 * Waits until a model has so many workers, one at least, that take requests, on every server that is up and has it.
 *
 * @throws TorchweaveError `modelServerRefused` of a server where they are not ready in time.
 */
export async function awaitReadyWorkers(
  servers: readonly ManagedModelServer[],
  model: string,
  minWorkers: number,
  signal: AbortSignal,
): Promise<void> {
  const wanted = Math.max(1, minWorkers);
  const deadline = performance.now() + readinessTimeoutMs;
  const awaitOn = async ({ endpoint, repository }: ManagedModelServer): Promise<void> => {
    for (;;) {
      const held = await repository.describe(model, signal);
      if (held === undefined || held.readyWorkers >= wanted) return;
      if (performance.now() > deadline) {
        const message = `${held.readyWorkers} of ${wanted} workers of model ${model} are ready after ${readinessTimeoutMs} ms.`;
        throw new TorchweaveError('modelServerRefused', { endpoint, message });
      }
      await new Promise((resolve) => setTimeout(resolve, readinessPollMs));
      signal.throwIfAborted();
    }
  };
  await Promise.all(
    servers.map((server) =>
      awaitOn(server).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      }),
    ),
  );
}
