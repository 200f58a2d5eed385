import { predict, untilCalm } from './http.js';
import { errorCount, type LoadPlan, type LoadResult } from './load/load.js';
import { cpuSecondsOf, memoryOf, processTree, type Memory } from './proc-stats.js';
import type { SectionContext } from './sections/section.js';

/** One of those that are measured beside each other. */
export interface Side {
  /** `ours`, `theirs`, `alone`, …: a part of the figures' names. */
  readonly name: string;
  readonly url: string;
  /** The processes of what runs the workflow, outside of the model server; none where it runs inside. */
  readonly engine: () => readonly number[];
  readonly modelServer: () => readonly number[];
  /** What one request with `hello` must be answered: an error page must not be measured. */
  readonly expected: RegExp;
}

export interface SweepPlan {
  /** First part of the figures' names. */
  readonly name: string;
  /** Called at the start of each round. Where it starts anew, no round depends on those before. */
  readonly sides: () => Promise<readonly Side[]>;
  readonly clients: readonly number[];
  readonly bodyBytes: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** One load on one side, with what it cost. */
export interface Run extends LoadResult {
  readonly engineCpuSeconds: number;
  readonly modelServerCpuSeconds: number;
  /** After the load: of the engine, or of the model server where the engine runs inside. */
  readonly memory: Memory;
}

/** All runs of one side at one number of clients. */
export interface Cell {
  readonly side: string;
  readonly clients: number;
  readonly runs: readonly Run[];
}

/**
 * Long enough for the compilers of the JVM and of V8, which are new with every TorchServe. With few clients: what TorchServe's
 * own workflows do with 8 depends on how many they have had before.
 */
const warmUp = { clients: 8, seconds: 5 };

/** Round after round, runs every side in turn at every number of clients; smallest first, for overload lasts. */
export async function sweep(context: SectionContext, plan: SweepPlan): Promise<Cell[]> {
  const cells = new Map<string, Cell & { readonly runs: Run[] }>();
  for (let round = 1; round <= plan.rounds; round++) {
    const sides = await plan.sides();
    for (const side of sides) {
      await assertAnswers(side);
      await warm(context, plan, side);
    }
    for (const clients of plan.clients) {
      for (const side of sides) {
        const run = await measure(context, plan, { side, sides, clients });
        const key = `${clients} ${side.name}`;
        const cell = cells.get(key) ?? { side: side.name, clients, runs: [] };
        cells.set(key, cell);
        cell.runs.push(run);
        context.say(
          `${plan.name}, round ${round}, ${clients} clients, ${side.name}: ${run.perSecond.toFixed(0)}/s, ` +
            `p50 ${run.p50Ms.toFixed(2)} ms, p99 ${run.p99Ms.toFixed(2)} ms, ${errorCount(run.errors)} errors`,
        );
      }
    }
  }
  return [...cells.values()];
}

async function warm(context: SectionContext, plan: SweepPlan, side: Side): Promise<void> {
  if (context.warmed.has(side.url)) return;
  context.warmed.add(side.url);
  const seconds = context.options.quick ? 1 : warmUp.seconds;
  await context.generator.run(loadOf(side, { ...plan, seconds }, warmUp.clients));
}

async function measure(
  context: SectionContext,
  plan: SweepPlan,
  { side, sides, clients }: { readonly side: Side; readonly sides: readonly Side[]; readonly clients: number },
): Promise<Run> {
  for (const { name, url } of sides) {
    if (!(await untilCalm(url))) context.say(`${name} has not answered within a second for a minute; going on`);
  }
  const cpuBefore = { engine: cpuSecondsOf(side.engine()), modelServer: cpuSecondsOf(side.modelServer()) };
  const result = await context.generator.run(loadOf(side, plan, clients));
  const roots = side.engine().length > 0 ? side.engine() : side.modelServer();
  return {
    ...result,
    engineCpuSeconds: cpuSecondsOf(side.engine()) - cpuBefore.engine,
    modelServerCpuSeconds: cpuSecondsOf(side.modelServer()) - cpuBefore.modelServer,
    memory: memoryOf(processTree(roots).map(({ pid }) => pid)),
  };
}

function loadOf({ url }: Side, { seconds, bodyBytes }: SweepPlan, clients: number): LoadPlan {
  return { url, clients, seconds, method: 'POST', bodyBytes };
}

async function assertAnswers({ name, url, expected }: Side): Promise<void> {
  const answer = await predict(url, 'hello');
  if (!expected.test(answer)) throw new Error(`${name} at ${url} answers ${answer}, not ${String(expected)}`);
}
