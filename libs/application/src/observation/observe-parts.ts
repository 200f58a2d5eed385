import type { ServingGateway } from '../ports/gateway-registry.js';
import type { AgedLiveReport } from '../ports/live-reports.js';
import type { StateFacts } from '../ports/state-facts.js';
import { serving, type Condition } from './condition.js';
import { staleReportMs } from './judge-models.js';
import { staleLiveMs } from './live-view.js';
import { judgeState, stateAway } from './judge-state.js';
import type { SeenServer } from './model-watch.js';
import type { ObservedPart } from './observed.js';

/** Whoever keeps the state; away without facts. */
export function observeState(facts: StateFacts | undefined): ObservedPart {
  if (facts === undefined) return { kind: 'redis', id: 'redis', health: stateAway, facts: [] };
  const { server, usedBytes, limitBytes, evictionPolicy, evictedKeys, isPersistent, latencyMs, role } = facts;
  return {
    ...{ kind: 'redis', id: 'redis', health: judgeState(facts), version: server },
    facts: [
      { name: 'latency', value: Math.round(latencyMs * 10) / 10, unit: 'ms' },
      { name: 'memory', value: usedBytes, unit: 'bytes' },
      ...(limitBytes === 0 ? [] : [{ name: 'maxmemory', value: limitBytes, unit: 'bytes' as const }]),
      { name: 'policy', value: evictionPolicy },
      { name: 'evicted keys', value: evictedKeys, unit: 'count' },
      { name: 'persistence', value: isPersistent ? 'append-only file' : 'none' },
      { name: 'role', value: role },
    ],
  };
}

/** A gateway that lives, by how far it has followed, and by what it has told last. */
export function observeGateway(
  { gatewayId: id, revision }: ServingGateway,
  last: number,
  report: AgedLiveReport | undefined,
): ObservedPart {
  const behind = Math.max(0, last - revision);
  const health: Condition =
    behind === 0
      ? judgeTold(report)
      : {
          ...{ state: 'preparing', reason: `It follows the last ${behind} changes.` },
          remedy: 'Where that stays so, its log says why: it cannot load a workflow, or cannot reach Redis.',
        };
  return {
    ...{ kind: 'gateway', id, health },
    ...(report === undefined ? {} : { version: report.version }),
    facts: [
      ...(report === undefined ? [] : [{ name: 'started', value: report.startedAt, unit: 'time' as const }]),
      { name: 'revision', value: revision, unit: 'count' },
      { name: 'changes behind', value: behind, unit: 'count' },
    ],
  };
}

/** A gateway that lives follows the state; whether it also tells what goes on is another question. */
function judgeTold(report: AgedLiveReport | undefined): Condition {
  if (report !== undefined && report.ageMs <= staleLiveMs) return serving;
  return {
    ...{ state: 'unknown', reason: 'It lives, and has not told lately what goes on.' },
    remedy: 'One of an older version tells nothing. Else see its log, and the load of its host.',
  };
}

/** A model server by what workers have seen of its models. */
export function observeModelServer(id: string, { models, ready, lastState, ageMs }: SeenServer): ObservedPart {
  return {
    ...{ kind: 'model-server', id, health: judgeServer(lastState, ageMs) },
    facts: [
      { name: 'models', value: models, unit: 'count' },
      { name: 'models ready', value: ready, unit: 'count' },
      { name: 'seen', value: Math.round(ageMs), unit: 'ms' },
    ],
  };
}

function judgeServer(lastState: SeenServer['lastState'], ageMs: number): Condition {
  if (ageMs > staleReportMs) {
    return {
      ...{ state: 'unknown', reason: 'No worker has looked at it for a while.' },
      remedy: 'See that a worker runs: only workers look into model servers.',
    };
  }
  if (lastState !== 'unreachable') return serving;
  return {
    ...{ state: 'not serving', reason: 'It does not answer.' },
    remedy: 'See its log and the memory of its host, and start it again: it begins empty and is filled by a worker.',
  };
}
