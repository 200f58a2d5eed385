import { theirName } from '../system.js';
import type { Side } from '../sweep.js';
import type { SectionContext } from './section.js';

/** bytes of a request's body. */
export const smallBody = 64;
export const largeBody = 1_000_000;

const nobody = (): number[] => [];

/** What a workflow is measured against, and what each of them answers to `hello`. */
export interface Comparison {
  readonly workflow: string;
  readonly expected: RegExp;
  /** The slowest model of the workflow, and its answer; absent where there is none to compare with, nor theirs. */
  readonly alone?: { readonly model: string; readonly expected: RegExp };
}

/** Starts anew, registers the workflow with both and tells their sides: ours, theirs, the model alone. */
export async function sidesOf(context: SectionContext, { workflow, expected, alone }: Comparison): Promise<Side[]> {
  await context.startAnew();
  const { system } = context;
  const [torchweave, server] = await Promise.all([system.torchweave(), system.torchServe()]);
  await system.register(`${workflow}.war`, alone !== undefined);
  const modelServer = (): number[] => [server.pid];
  const ours: Side = {
    name: 'ours',
    url: torchweave.predictionUrl(workflow),
    engine: () => torchweave.pids(),
    modelServer,
    expected,
  };
  if (alone === undefined) return [ours];
  const inside = { engine: nobody, modelServer };
  return [
    ours,
    { name: 'theirs', url: `${server.inferenceUrl}/wfpredict/${theirName(workflow)}`, ...inside, expected },
    { name: 'alone', url: `${server.inferenceUrl}/predictions/${alone.model}`, ...inside, expected: alone.expected },
  ];
}

export const chain: Comparison = {
  workflow: 'chain',
  expected: /^HELLO$/,
  alone: { model: 'upper', expected: /^HELLO$/ },
};

export const diamond: Comparison = {
  workflow: 'diamond',
  expected: /"up":\s*"HELLO"[^]*"rv":\s*"olleh"/,
  alone: { model: 'rev', expected: /^olleh$/ },
};

export const functionsOnly: Comparison = { workflow: 'fnonly', expected: /^hello$/ };
