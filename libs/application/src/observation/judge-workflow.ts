import type { ServingGateway } from '../ports/gateway-registry.js';
import { serving, worstOf, type Condition } from './condition.js';
import type { IndexedWorkflow } from './workflow-index.js';

export const noGateway: Condition = {
  ...{ state: 'not serving', reason: 'No gateway runs.' },
  remedy: 'Start one with "torchweave gateway": without it nothing is predicted.',
};

/** How far gateways are with a change. */
export function judgeFollowed(revision: number, gateways: readonly ServingGateway[]): Condition {
  if (gateways.length === 0) return noGateway;
  const behind = gateways.filter((gateway) => gateway.revision < revision).length;
  if (behind === 0) return serving;
  if (behind === gateways.length) return { state: 'preparing', reason: 'No gateway has followed its last change yet.' };
  return {
    ...{ state: 'degraded', reason: `${behind} of ${gateways.length} gateways have not followed its last change.` },
    remedy:
      'Where that stays so, the log of that gateway says why: it cannot load the workflow, or cannot reach Redis.',
  };
}

/** How a workflow does by its phase; nothing where that says nothing. */
export function judgePhase({
  phase,
  failure,
  changedAt,
}: Pick<IndexedWorkflow, 'phase' | 'failure' | 'changedAt'>): Condition | undefined {
  const since = changedAt === '' ? {} : { since: changedAt };
  switch (phase) {
    case 'ready':
      return undefined;
    case 'registering':
      return { state: 'preparing', ...since, reason: 'It is being registered.' };
    case 'undoing':
      return { state: 'draining', ...since, reason: `Its registration is being undone: ${failure ?? 'it failed'}.` };
    case 'unregistering':
      return { state: 'draining', ...since, reason: 'It is being unregistered.' };
    case 'unreadable':
      return {
        ...{ state: 'unknown', reason: failure ?? 'It cannot be read.' },
        remedy: 'Run the version that has stored it, or unregister it and register it again.',
      };
  }
}

/** How a workflow does: by its phase, else by its gateways and its nodes, whichever is worse. */
export function judgeWorkflow(
  workflow: Pick<IndexedWorkflow, 'phase' | 'failure' | 'changedAt' | 'revision'>,
  gateways: readonly ServingGateway[],
  nodes: readonly (readonly [name: string, condition: Condition])[],
): Condition {
  const named = nodes.map(([name, condition]) =>
    condition.reason === undefined ? condition : { ...condition, reason: `${name}: ${condition.reason}` },
  );
  return judgePhase(workflow) ?? worstOf([judgeFollowed(workflow.revision, gateways), ...named]);
}
