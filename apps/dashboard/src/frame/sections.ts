import type { Overview } from '@torchweave/dashboard-contract';
import { base } from '../routing/route.js';
import type { Route } from '../routing/route.js';

/** An entry of the sidebar, and the pages that belong to it. */
export interface SidebarEntry {
  readonly title: string;
  readonly href: string;
  readonly pages: readonly Route['page'][];
  /** An endpoint that not every server has: without it the entry is left out. */
  readonly needs?: string;
  /** A page of another app. */
  readonly isApart?: true;
}

export const sidebar: readonly SidebarEntry[] = [
  { title: 'Home', href: base, pages: ['home'] },
  { title: 'Workflows', href: `${base}workflows`, pages: ['workflows', 'workflow', 'version'] },
  { title: 'Requests', href: `${base}requests`, pages: ['requests', 'request'], needs: 'requests?limit=1' },
  { title: 'Operations', href: `${base}operations`, pages: ['operations', 'operation'], needs: 'operations?limit=1' },
  { title: 'Fleet', href: `${base}fleet`, pages: ['fleet', 'part'] },
  { title: 'Queues', href: `${base}queues`, pages: [], isApart: true },
  { title: 'Audit', href: `${base}audit`, pages: ['audit'], needs: 'audit?limit=1' },
];

/** A count beside an entry, and whether it needs a look. */
export interface SidebarCount {
  readonly text: string;
  readonly meaning: string;
  readonly needsLook: boolean;
}

/** What of the overview is counted beside each entry. */
export function countsOf(overview: Overview): Record<string, SidebarCount | undefined> {
  const { workflows, parts, operations } = overview;
  const total = Object.values(workflows).reduce((sum, each) => sum + each, 0);
  const notWell = total - workflows.serving;
  const well = parts.filter(({ health }) => health.state === 'serving').length;
  const underWay = operations.running + operations.waiting;
  return {
    Workflows:
      notWell > 0
        ? {
            text: `${notWell}/${total}`,
            meaning: `${notWell} of ${total} are not serving as they should`,
            needsLook: true,
          }
        : { text: String(total), meaning: `${total} registered`, needsLook: false },
    Operations:
      underWay > 0 ? { text: `${underWay} ↻`, meaning: `${underWay} under way`, needsLook: false } : undefined,
    Fleet: {
      text: `${well}/${parts.length}`,
      meaning: `${well} of ${parts.length} parts serve`,
      needsLook: well < parts.length,
    },
  };
}

/** The installation in one word, for the header: the worst of what it is made of. */
export function summaryOf({ attention, parts, workflows }: Overview): { state: string; words: string } {
  const states = [...parts.map(({ health }) => health.state), ...attention.map(({ health }) => health.state)];
  if (states.includes('not serving') || workflows['not serving'] > 0)
    return { state: 'not serving', words: 'needs you' };
  if (states.includes('degraded') || workflows.degraded > 0) return { state: 'degraded', words: 'degraded' };
  if (states.includes('unknown') || workflows.unknown > 0) return { state: 'unknown', words: 'partly unknown' };
  return { state: 'serving', words: 'all serving' };
}
