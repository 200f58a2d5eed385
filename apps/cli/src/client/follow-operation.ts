import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../output/progress.js';
import type { OperationAnswer } from './answers.js';
import type { ManagementClient } from './management-client.js';

/** ms between two looks: short at first, for most operations are, and then ever longer. */
const pause = { first: 15, longest: 500, growth: 1.5 };

type Step = OperationAnswer['steps'][number];

const stepText = ({ name, durationMs }: Step): string => (durationMs === undefined ? name : `${name} ${durationMs} ms`);

function statusText({ state, steps, workflow, attempts }: OperationAnswer): string {
  const subject = workflow === undefined ? '' : `${workflow}: `;
  const again = attempts > 1 ? ` (attempt ${attempts})` : '';
  return subject + (steps.length === 0 ? state : steps.map(stepText).join(', ')) + again;
}

/** Whether an operation goes on. */
const isUnderWay = ({ state }: OperationAnswer): boolean => state === 'waiting' || state === 'running';

/**
 * Shows the steps of an operation until it ends, well or not.
 *
 * @throws CliError when the server cannot be asked any more.
 */
export async function followOperation(
  client: ManagementClient,
  id: string,
  progress: Progress,
): Promise<OperationAnswer> {
  const told = new Set<string>();
  try {
    for (let pauseMs = pause.first; ; pauseMs = Math.min(pauseMs * pause.growth, pause.longest)) {
      const operation = await client.operation(id);
      for (const step of operation.steps) {
        // By its beginning as well: a worker that takes an operation up begins steps anew.
        const key = `${step.name} ${step.startedAt}`;
        if (step.durationMs === undefined || told.has(key)) continue;
        told.add(key);
        progress.step(stepText(step));
      }
      if (!isUnderWay(operation)) return operation;
      progress.status(statusText(operation));
      await delay(pauseMs);
    }
  } finally {
    progress.end();
  }
}
