import type { UpdatePayload } from '../job-catalogue/payloads.js';
import type { Activation } from '../ports/workflow-versions.js';

/** ms that a version which was active is kept beside its successor. */
const keptMs = 600_000;

/** ms for which one stays that is not kept. */
const drainMs = 30_000;

/** How an update ends, with what the client did not say. */
export interface UpdateOrder extends Activation {
  /** Of the predictions while it is watched, 0 to 1. */
  readonly maxErrorRate: number;
}

export const orderOf = ({
  setDefault = true,
  keep = 1,
  watchMs = 0,
  maxErrorRate = 0,
}: Pick<UpdatePayload, 'setDefault' | 'keep' | 'watchMs' | 'maxErrorRate'>): UpdateOrder => ({
  asDefault: setDefault,
  keep: { versions: keep, ms: keptMs, drainMs },
  maxErrorRate,
  ...(watchMs > 0 && setDefault ? { watchMs } : {}),
});
