import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../output/progress.js';
import type { OperationAnswer } from './answers.js';
import type { ManagementClient } from './management-client.js';

/** ms between two looks: short at first, for most operations are, and then ever longer. */
const pause = { first: 15, longest: 500, growth: 1.5 };

type Step = OperationAnswer['steps'][number];

const stepText = ({ name, durationMs }: Step): string => (durationMs === undefined ? name : `${name} ${durationMs} ms`);

/** What runs and for how long comes first: a narrow terminal cuts off the rest. */
function statusText({ state, steps, workflow, attempts }: OperationAnswer, seconds: number): string {
  const running = steps.findLast(({ durationMs }) => durationMs === undefined) ?? steps.at(-1);
  const subject = workflow === undefined ? '' : ` of ${workflow}`;
  const again = attempts > 1 ? ` (attempt ${attempts})` : '';
  return `${seconds} s: ${running?.name ?? state}${again}${subject}`;
}

/** Whether an operation goes on. */
const isUnderWay = ({ state }: OperationAnswer): boolean => state === 'waiting' || state === 'running';

/**
 * Shows the steps of an operation until it ends, well or not.
 *
 * @param signal ends the looking, not the operation.
 * @throws CliError when the server cannot be asked any more; the reason of the signal.
 */
export async function followOperation(
  client: ManagementClient,
  id: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<OperationAnswer> {
  const startedAt = performance.now();
  const aborted = whenAborted(signal);
  const told = new Set<string>();
  try {
    for (let pauseMs = pause.first; ; pauseMs = Math.min(pauseMs * pause.growth, pause.longest)) {
      const operation = await Promise.race([client.operation(id), aborted]);
      for (const step of operation.steps) {
        // By its beginning as well: a worker that takes an operation up begins steps anew.
        const key = `${step.name} ${step.startedAt}`;
        if (step.durationMs === undefined || told.has(key)) continue;
        told.add(key);
        progress.step(stepText(step));
      }
      if (!isUnderWay(operation)) return operation;
      progress.status(statusText(operation, Math.floor((performance.now() - startedAt) / 1_000)));
      await Promise.race([delay(pauseMs), aborted]);
    }
  } finally {
    progress.end();
  }
}

/** Never resolves; rejects with the reason of the signal. */
function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  // Nobody may wait at that moment.
  aborted.catch(() => undefined);
  return aborted;
}
