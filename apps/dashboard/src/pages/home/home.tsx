import type { Attention, HealthState, Overview } from '@torchweave/dashboard-contract';
import { Empty, Loading, Section } from '../../components/blocks.js';
import { OperationBars } from '../../components/operation-bars.js';
import { Shape, State } from '../../components/state.js';
import { Name } from '../../components/text.js';
import { lookOf, statesByRank } from '../../health/states.js';
import { useLive } from '../../live/live-context.js';
import { base, hrefOf } from '../../routing/route.js';
import { Link } from '../../routing/router.js';
import { Parts } from './parts.js';

/** What is wrong first, then the parts, then what has been done. */
export function Home() {
  const { overview } = useLive();
  if (overview === undefined) return <Loading what="the overview" />;
  return (
    <div className="page home" data-live="">
      <h1 className="for-readers">Home</h1>
      <AttentionList attention={overview.attention} total={sum(overview.workflows)} />
      <Section title="Parts" aside={<Link href={`${base}fleet`}>Fleet</Link>}>
        <Parts parts={overview.parts} />
      </Section>
      <Section title="Workflows" aside={<Link href={`${base}workflows`}>All workflows</Link>}>
        <WorkflowCounts counts={overview.workflows} />
      </Section>
      <Section title="Operations" aside={<Link href={`${base}operations`}>All operations</Link>}>
        <Operations operations={overview.operations} />
      </Section>
    </div>
  );
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((all, each) => all + each, 0);

function AttentionList({ attention, total }: { attention: readonly Attention[]; total: number }) {
  if (attention.length === 0)
    return (
      <div className="all-well">
        <p className="headline">
          <Shape state="serving" /> Nothing needs a look
        </p>
        <p className="quiet">
          {total === 0
            ? 'No workflow is registered yet.'
            : `${total} ${total === 1 ? 'workflow is' : 'workflows are'} registered, and every part answers.`}
        </p>
      </div>
    );
  return (
    <section aria-labelledby="attention-title" className="attention">
      <h2 id="attention-title" className="headline">
        {attention.length} {attention.length === 1 ? 'thing needs' : 'things need'} a look
      </h2>
      <ul>
        {attention.map(({ health, title, href }) => (
          <li key={href + title}>
            <Link href={hrefOf(href)} className={`attention-item edge-${lookOf(health.state).tone}`}>
              <span className="attention-head">
                <State state={health.state} since={health.since} />{' '}
                <b>
                  <Name text={title} most={60} />
                </b>
              </span>
              {health.reason === undefined ? null : <span className="reason">{health.reason}</span>}
              {health.remedy === undefined ? null : (
                <span className="remedy">
                  <b>What to do:</b> {health.remedy}
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function WorkflowCounts({ counts }: { counts: Record<HealthState, number> }) {
  if (sum(counts) === 0)
    return (
      <Empty title="No workflow is registered">
        <p>
          Register one: <code>torchweave workflow register ./digits.war</code>
        </p>
      </Empty>
    );
  return (
    <ul className="state-counts">
      {statesByRank.map((state) => (
        <li key={state} className={counts[state] === 0 ? 'is-none' : ''}>
          <Link href={`${base}workflows?state=${encodeURIComponent(state)}`}>
            <b>{counts[state]}</b> <State state={state} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Operations({
  operations: { waiting, running, failedLastDay, recent },
}: {
  operations: Overview['operations'];
}) {
  return (
    <>
      <p className="operation-counts">
        <span>
          <b>{running}</b> running
        </span>{' '}
        <span>
          <b>{waiting}</b> waiting
        </span>{' '}
        <Link href={`${base}operations?state=failed`} className={failedLastDay > 0 ? 'tone-not-serving' : ''}>
          {failedLastDay > 0 ? <Shape state="not serving" /> : null} <b>{failedLastDay}</b> failed in the last day
        </Link>
      </p>
      <OperationBars rows={recent} />
    </>
  );
}
