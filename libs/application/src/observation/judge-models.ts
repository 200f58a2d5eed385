import type { SeenModel } from '../ports/model-reports.js';
import { serving, type Condition } from './condition.js';

/** ms after which what a worker has seen says nothing of now: with many workflows a round of its looks takes minutes. */
export const staleReportMs = 180_000;

const noLook: Condition = {
  ...{ state: 'unknown', reason: 'No worker has told of its models for a while.' },
  remedy: 'See that a worker runs: only workers look into model servers.',
};

const remedies: Readonly<Record<Exclude<SeenModel['state'], 'ready'>, string>> = {
  unreachable:
    'See the log of that model server and the memory of its host, and start it again: it begins empty and is filled by a worker.',
  missing: 'A worker registers it again within seconds: where it does not, its log says why.',
  starting: 'See the log of that model server: workers of the model are loading, or end again and again.',
};

const said: Readonly<Record<Exclude<SeenModel['state'], 'ready'>, string>> = {
  unreachable: 'does not answer',
  missing: 'has lost the model',
  starting: 'has too few workers ready',
};

/** How a model does by what a worker has seen of it on each model server. */
export function judgeModel(seen: readonly SeenModel[] | undefined, ageMs: number): Condition {
  if (seen === undefined || ageMs > staleReportMs) return noLook;
  const [worst] = badOf(seen);
  if (worst === undefined)
    return seen.length > 0 ? serving : { ...noLook, reason: 'No model server takes models from workers.' };
  const answers = seen.some(({ state, readyWorkers = 0 }) => state === 'ready' || readyWorkers > 0);
  const reason = badOf(seen)
    .slice(0, 3)
    .map(({ server, state }) => `${server} ${said[state]}`)
    .join(', ');
  return { state: answers ? 'degraded' : 'not serving', reason: `${reason}.`, remedy: remedies[worst.state] };
}

type BadModel = SeenModel & { readonly state: keyof typeof said };

/** The worst first. */
const badOf = (seen: readonly SeenModel[]): readonly BadModel[] =>
  (['unreachable', 'missing', 'starting'] as const).flatMap((bad) =>
    seen.filter((model): model is BadModel => model.state === bad),
  );

/** How a model does on one server. */
export function judgePlace({ state, readyWorkers = 0 }: SeenModel, ageMs: number): Condition {
  if (ageMs > staleReportMs) return noLook;
  if (state === 'ready') return serving;
  const isServing = readyWorkers > 0;
  return {
    state: isServing ? 'degraded' : 'not serving',
    reason: `The server ${said[state]}.`,
    remedy: remedies[state],
  };
}
