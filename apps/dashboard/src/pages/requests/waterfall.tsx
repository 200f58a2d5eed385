import type { KeptRequest, KeptSpan } from '@torchweave/dashboard-contract';
import { useState } from 'react';
import { BodyView } from '../../components/body-view.js';
import { Copy, Name } from '../../components/text.js';
import { duration } from '../../format/units.js';

const outcomes = {
  ok: { shape: '●', tone: 'serving', word: 'ok' },
  failed: { shape: '■', tone: 'not-serving', word: 'failed' },
  cancelled: { shape: '◐', tone: 'changing', word: 'cancelled' },
} as const;

/** Each attempt of each node on the request's time axis, waiting apart from running; what is chosen in full beside it. */
export function Waterfall({ request: { spans, durationMs } }: { request: Pick<KeptRequest, 'spans' | 'durationMs'> }) {
  const failed = spans.findIndex(({ outcome }) => outcome === 'failed');
  const slowest = spans.reduce((best, span, at) => (span.durationMs > (spans[best]?.durationMs ?? -1) ? at : best), 0);
  const [chosen, setChosen] = useState(failed < 0 ? 0 : failed);
  const total = Math.max(1, durationMs, ...spans.map((span) => span.startedMs + span.durationMs));
  const span = spans[chosen];
  if (span === undefined) return <p className="quiet">No node was reached.</p>;
  return (
    <div className="waterfall">
      <ol className="spans" aria-label="Attempts in the order of their start">
        {spans.map((each, at) => (
          <SpanRow
            key={at}
            span={each}
            total={total}
            isChosen={at === chosen}
            isSlowest={spans.length > 1 && at === slowest}
            onChoose={() => setChosen(at)}
          />
        ))}
      </ol>
      <SpanDetails span={span} />
    </div>
  );
}

interface SpanRowProps {
  readonly span: KeptSpan;
  readonly total: number;
  readonly isChosen: boolean;
  readonly isSlowest: boolean;
  readonly onChoose: () => void;
}

function SpanRow({ span, total, isChosen, isSlowest, onChoose }: SpanRowProps) {
  const { node, attempt, startedMs, waitedMs = 0, durationMs, outcome } = span;
  const share = (ms: number): string => `${Math.min(100, Math.max(0, (ms / total) * 100))}%`;
  const { shape, tone, word } = outcomes[outcome];
  return (
    <li>
      <button type="button" aria-pressed={isChosen} onClick={onChoose}>
        <span className="span-name">
          <span className={`tone-${tone}`} aria-hidden="true">
            {shape}
          </span>{' '}
          <Name text={node} most={24} />
          {attempt > 1 ? <span className="quiet"> attempt {attempt}</span> : null}
          <span className="for-readers"> {word}</span>
        </span>
        <span
          className="track"
          title={waitedMs > 0 ? `waited ${duration(waitedMs)}, ran ${duration(durationMs - waitedMs)}` : undefined}
        >
          <span className="span-wait" style={{ marginInlineStart: share(startedMs), width: share(waitedMs) }} />
          <span
            className={`bar bar-${outcome === 'ok' ? 'succeeded' : outcome === 'failed' ? 'failed' : 'cancelled'}`}
            style={{ width: share(Math.max(total / 200, durationMs - waitedMs)) }}
          />
        </span>
        <span className="figure">
          {duration(durationMs)}
          {isSlowest ? <span className="slowest"> slowest</span> : null}
        </span>
      </button>
    </li>
  );
}

function SpanDetails({
  span: { node, attempt, startedMs, waitedMs, durationMs, outcome, error, place, input, output },
}: {
  span: KeptSpan;
}) {
  return (
    <section className="span-details" aria-label={`Attempt ${attempt} of ${node}`}>
      <h3>
        <Name text={node} most={32} /> <span className="quiet">attempt {attempt}</span>
      </h3>
      <p className="quiet">
        from {duration(startedMs)}
        {waitedMs === undefined ? '' : `, waited ${duration(waitedMs)}`}, {outcomes[outcome].word} after{' '}
        {duration(durationMs)}
        {place === undefined ? (
          ''
        ) : (
          <>
            {' '}
            at <code>{place}</code>
          </>
        )}
      </p>
      {error === undefined ? null : (
        <>
          <pre className="error-text" tabIndex={0} aria-label="Error in full">
            {error.message}
          </pre>
          <p>
            <code>{error.errorCode}</code> <Copy text={error.message} />
          </p>
        </>
      )}
      <h4>What went in</h4>
      {input === undefined ? <NotKept /> : <BodyView body={input} label={`Input of ${node}`} />}
      <h4>What came out</h4>
      {output === undefined ? <NotKept /> : <BodyView body={output} label={`Output of ${node}`} />}
    </section>
  );
}

const NotKept = () => (
  <p className="quiet">
    Not kept. Send a request with the header <code>x-torchweave-keep: 1</code>, or try it here.
  </p>
);
