import type { StateFacts } from '../ports/state-facts.js';
import { serving, type Condition } from './condition.js';

/** ms that an answer may take before everything that waits for it is slow. */
const slowMs = 250;
const fullShare = 0.9;

const degraded = (reason: string, remedy: string): Condition => ({ state: 'degraded', reason, remedy });

/** Of a state that does not answer. */
export const stateAway: Condition = {
  ...{ state: 'not serving', reason: 'Redis does not answer.' },
  remedy:
    'Start Redis again, or mend the way to it: gateways serve what they know meanwhile, nothing can be registered.',
};

/** How whoever keeps the state does. */
export function judgeState(facts: StateFacts): Condition {
  const { evictionPolicy, limitBytes, usedBytes, latencyMs } = facts;
  if (facts.role !== 'master')
    return degraded(`It is a ${facts.role}: it takes no writes.`, 'Give the address of the primary.');
  if (facts.hasWriteFailure) return degraded('It cannot write to its disk.', 'See the log of Redis and its disk.');
  if (evictionPolicy !== 'noeviction')
    return degraded(
      `Its maxmemory-policy is ${evictionPolicy}: it drops workflows and jobs when memory is short.`,
      'Set maxmemory-policy noeviction.',
    );
  if (limitBytes > 0 && usedBytes > limitBytes * fullShare)
    return degraded(
      `${Math.round((100 * usedBytes) / limitBytes)} % of its maxmemory is used.`,
      'Unregister workflows, which needs no memory to speak of, or raise maxmemory.',
    );
  if (latencyMs > slowMs)
    return degraded(`It takes ${Math.round(latencyMs)} ms to answer.`, 'See the load of its host and the network.');
  if (!facts.isPersistent)
    return degraded('It keeps no append-only file: a crash loses registrations.', 'Set appendonly yes.');
  return serving;
}
