import { silentLogger } from '@torchweave/application';
import { defineWorkflow, parseManifest, parseSpec, type WorkflowDefinition } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { inParallel } from '../in-parallel.js';
import type { LoadPlan, LoadResult } from '../load/load.js';
import { errorCount } from '../load/load.js';
import { formatFigure, formatNumber } from '../report/format.js';
import { figureOf, type Figure } from '../statistics.js';
import type { Section, SectionContext } from './section.js';

const namespace = 'catalogue';
const writesInFlight = 64;
const pageSize = 100;
/** The api that is measured never calls a model server. */
const nowhere = { managementUrl: 'http://127.0.0.1:1', inferenceUrl: 'http://127.0.0.1:1' };

function definitionOf(name: string): WorkflowDefinition {
  const workflow = { workflowName: name, specFile: 'chain.yaml', handler: 'chain.py' };
  const manifest = JSON.stringify({ createdOn: '23/11/2026 00:00:00', archiverVersion: '0.2.15', workflow });
  const spec = 'models:\n  up:\n    url: upper.mar\ndag:\n  pre: [up]\n  up: [post]\n';
  const parts = { manifest: parseManifest(manifest), spec: parseSpec(spec, 'chain.yaml') };
  return defineWorkflow({ url: 'chain.war', digest: 'a'.repeat(64), ...parts });
}

/** Writes the records as a worker would, only without archives and models. */
async function fill({ system, options, say }: SectionContext): Promise<void> {
  const redis = new RedisConnection(new RedisLink((await system.redis()).url, silentLogger), silentLogger);
  await redis.open();
  try {
    const state = new RedisWorkflowState(redis, namespace);
    const startedAt = performance.now();
    await inParallel(options.catalogueSize, writesInFlight, async (index) => {
      const name = `w${index}`;
      const { run } = await state.takeUp(`op-${index}`);
      await state.reserve(definitionOf(name), run);
      await state.activate({ workflow: name, version: 1 }, run);
    });
    say(`${options.catalogueSize} workflows written in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  } finally {
    redis.close();
  }
}

type Kind = 'list' | 'describe';

async function measure(context: SectionContext, managementUrl: string): Promise<Map<string, LoadResult[]>> {
  const { catalogueSize, catalogueClients, seconds, rounds } = context.options;
  const plans: Record<Kind, Pick<LoadPlan, 'url' | 'below'>> = {
    list: { url: `${managementUrl}/workflows?limit=${pageSize}&next_page_token={n}`, below: catalogueSize - pageSize },
    describe: { url: `${managementUrl}/workflows/w{n}`, below: catalogueSize },
  };
  const results = new Map<string, LoadResult[]>();
  // Round 0 warms.
  for (let round = 0; round <= rounds; round++) {
    for (const clients of catalogueClients) {
      for (const kind of ['list', 'describe'] as const) {
        const plan: LoadPlan = { ...plans[kind], clients, seconds, method: 'GET', bodyBytes: 0 };
        const result = await context.generator.run(plan);
        if (errorCount(result.errors) > 0) throw new Error(`${kind}: ${errorCount(result.errors)} errors`);
        const key = `catalogue.${clients}.${kind}`;
        if (round > 0) results.set(key, [...(results.get(key) ?? []), result]);
        context.say(`${kind}, ${clients} clients, round ${round}: p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms`);
      }
    }
  }
  return results;
}

/** What the management API answers with a large catalogue behind it. */
export const catalogueSection: Section = {
  title: 'List page and describe with many workflows in Redis',
  run: async (context) => {
    await fill(context);
    const torchweave = await context.system.startTorchweave(namespace, ['api'], nowhere);
    const results = await measure(context, torchweave.managementUrl).finally(() => torchweave.stop());
    const figures: Record<string, Figure> = {};
    const rows = [...results].map(([key, runs]) => {
      for (const measure of ['perSecond', 'p50Ms', 'p99Ms'] as const) {
        figures[`${key}.${measure}`] = figureOf(runs.map((run) => run[measure]));
      }
      const [, clients = '', kind = ''] = key.split('.');
      const shown = ['perSecond', 'p50Ms', 'p99Ms'].map((measure) =>
        formatFigure(figures[`${key}.${measure}`] ?? figureOf([])),
      );
      return [kind, clients, ...shown];
    });
    const table = {
      title: `List page (${pageSize} of them, from anywhere) and describe with ${formatNumber(context.options.catalogueSize)} workflows in Redis`,
      columns: ['', 'clients', 'requests/s', 'p50 ms', 'p99 ms'],
      rows,
      notes: [],
    };
    return { tables: [table], figures: { ...figures, 'catalogue.size': figureOf([context.options.catalogueSize]) } };
  },
};
