import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf, processTree } from '../proc-stats.js';
import { formatNumber } from '../report/format.js';
import { figureOf } from '../statistics.js';
import type { Torchweave } from '../torchweave.js';
import type { Section } from './section.js';

const registered = 20;

/** Proportional bytes of the gateway itself and of the Python processes beside it. */
function proportionalOf(torchweave: Torchweave): { gateway: number; functions: number } {
  const gateways = torchweave.pids('gateway');
  const functions = processTree(gateways).flatMap(({ pid }) => (gateways.includes(pid) ? [] : [pid]));
  return { gateway: memoryOf(gateways).proportional, functions: memoryOf(functions).proportional };
}

/** What a gateway spends on one more functions-only workflow that nobody asks. */
export const memorySection: Section = {
  title: 'Memory of one more registered functions-only workflow, idle',
  run: async ({ system, startAnew, options: { idleMs } }) => {
    await startAnew();
    const torchweave = await system.torchweave();
    await system.register('fnonly.war', false);
    await sleep(idleMs);
    const before = proportionalOf(torchweave);
    const names = Array.from({ length: registered }, (_, index) => `idle-${index}`);
    for (const name of names) await torchweave.register('fnonly.war', name);
    await sleep(idleMs);
    const after = proportionalOf(torchweave);
    for (const name of names) await torchweave.unregister(name);
    const functions = (after.functions - before.functions) / registered / 1e6;
    const gateway = (after.gateway - before.gateway) / registered / 1e6;
    const table = {
      title: memorySection.title,
      columns: ['proportional MB', 'a workflow'],
      rows: [
        ['function processes', formatNumber(functions)],
        ['gateway process', formatNumber(gateway)],
        ['together', formatNumber(functions + gateway)],
      ],
      notes: [`The difference that ${registered} more workflows make, divided by ${registered}, on one gateway.`],
    };
    const figures = { 'memory.mb': figureOf([functions + gateway]) };
    return { tables: [table], figures, details: { before, after } };
  },
};
