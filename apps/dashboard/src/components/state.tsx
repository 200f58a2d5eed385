import type { Health } from '@torchweave/dashboard-contract';
import { exactly, lasting } from '../format/moments.js';
import { lookOf } from '../health/states.js';
import { useNow } from '../live/use-now.js';

/** A state's shape alone; its word must stand beside it. */
export function Shape({ state }: { state: string }) {
  const { shape, tone } = lookOf(state);
  return (
    <span className={`shape tone-${tone}`} aria-hidden="true">
      {shape}
    </span>
  );
}

/** A state in shape and word. */
export function State({ state, since }: { state: string; since?: string | undefined }) {
  const { word, tone } = lookOf(state);
  return (
    <span className={`state tone-${tone}`}>
      <Shape state={state} />
      {word}
      {since === undefined ? null : <Lasting since={since} />}
    </span>
  );
}

function Lasting({ since }: { since: string }) {
  const now = useNow();
  return (
    <span className="quiet" title={`since ${exactly(since)}`}>
      {' '}
      {lasting(since, now)}
    </span>
  );
}

/** A health in full: state, since when, why, and what to do. */
export function HealthLines({ health }: { health: Health }) {
  return (
    <div className={`health ground-${lookOf(health.state).tone}`}>
      <p>
        <State state={health.state} since={health.since} />
      </p>
      {health.reason === undefined ? null : <p className="reason">{health.reason}</p>}
      {health.remedy === undefined ? null : (
        <p className="remedy">
          <b>What to do:</b> {health.remedy}
        </p>
      )}
    </div>
  );
}
