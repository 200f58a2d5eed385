import type { OperationRow } from '@torchweave/dashboard-contract';
import { Ago, Copy, Identifier } from '../components/text.js';
import { duration } from '../format/units.js';
import { useNow } from '../live/use-now.js';
import { isUnderWay, operationLook, operationMs } from './operation-words.js';

/** An operation's state in shape and word. */
export function OperationState({ state }: Pick<OperationRow, 'state'>) {
  const { shape, tone } = operationLook[state];
  return (
    <span className={`state tone-${tone}`}>
      <span className="shape" aria-hidden="true">
        {shape}
      </span>
      {state}
    </span>
  );
}

/** One operation: its state, its steps on one time axis, and its error in full. */
export function OperationDetails({ row }: { row: OperationRow }) {
  const now = useNow();
  const { id, state, createdAt, attempts, error } = row;
  return (
    <div className="operation-details">
      <p role="status">
        <OperationState state={state} />
        {state === 'running' && row.step !== undefined ? (
          <>
            {' '}
            at <b>{row.step}</b>
          </>
        ) : null}{' '}
        <span className="quiet figure-inline">{duration(roundedMs(operationMs(row, now), state))}</span>
      </p>
      <p className="quiet">
        begun <Ago at={createdAt} /> · <Identifier text={id} most={38} />
        {attempts > 1 ? ` · attempt ${attempts}: a worker before had ended` : ''}
      </p>
      <Steps row={row} now={now} />
      {error === undefined ? null : (
        <div className="operation-error">
          <pre className="error-text" tabIndex={0} aria-label="Error in full">
            {error.message}
          </pre>
          <p>
            <code>{error.errorCode}</code>{' '}
            <span className="quiet">
              {error.code} {error.type}
            </span>{' '}
            <Copy text={error.message} />
          </p>
        </div>
      )}
    </div>
  );
}

/** What is under way counts whole seconds: its figure changes with the clock alone. */
const roundedMs = (ms: number, state: OperationRow['state']): number =>
  isUnderWay({ state }) && ms > 1_000 ? ms - (ms % 1_000) : ms;

function Steps({ row, now }: { row: OperationRow; now: number }) {
  const { steps, state } = row;
  if (steps.length === 0)
    return <p className="quiet">{state === 'waiting' ? 'It waits for a worker.' : 'No step has begun.'}</p>;
  const begin = Date.parse(steps[0]?.startedAt ?? row.createdAt);
  const total = Math.max(1, operationMs({ ...row, startedAt: steps[0]?.startedAt ?? row.createdAt }, now));
  return (
    <ol className="steps">
      {steps.map(({ name, startedAt, durationMs }, at) => {
        const start = Date.parse(startedAt) - begin;
        const isLast = at === steps.length - 1;
        const ms = durationMs ?? Math.max(0, total - start);
        const outcome =
          isLast && state === 'failed'
            ? 'failed'
            : durationMs === undefined && isUnderWay(row)
              ? 'running'
              : 'succeeded';
        return (
          <li key={`${at} ${name}`} className={`step-${outcome}`}>
            <span className="step-name">
              <span className={`tone-${operationLook[outcome].tone}`} aria-hidden="true">
                {operationLook[outcome].shape}
              </span>{' '}
              {name}
              <span className="for-readers"> {outcome}</span>
            </span>
            <span className="track">
              <span
                className={`bar bar-${outcome}`}
                style={{
                  marginInlineStart: `${within(start / total)}%`,
                  width: `${Math.max(0.8, within(ms / total))}%`,
                }}
              />
            </span>
            <span className="figure">
              {durationMs === undefined ? (isUnderWay(row) ? '…' : '–') : duration(durationMs)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

const within = (share: number): number => Math.min(100, Math.max(0, share * 100));
