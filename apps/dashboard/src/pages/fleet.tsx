import type { Part } from '@torchweave/dashboard-contract';
import { Empty, Loading, Section } from '../components/blocks.js';
import { Facts } from '../components/facts.js';
import { HealthLines } from '../components/state.js';
import { Name } from '../components/text.js';
import { useLive } from '../live/live-context.js';
import { base } from '../routing/route.js';
import { Link } from '../routing/router.js';
import { Parts } from './home/parts.js';

const groups: readonly { readonly kind: Part['kind']; readonly title: string }[] = [
  { kind: 'gateway', title: 'Gateways' },
  { kind: 'model-server', title: 'Model servers' },
  { kind: 'worker', title: 'Workers' },
  { kind: 'api', title: 'Apis' },
  { kind: 'redis', title: 'Redis' },
];

/** Every process that the installation is made of; or one of them, in full. */
export function Fleet({ id }: { id?: string }) {
  const { overview } = useLive();
  if (overview === undefined) return <Loading what="the fleet" />;
  if (id !== undefined) return <OnePart part={overview.parts.find((part) => part.id === id)} id={id} />;
  return (
    <div className="page" data-live="">
      <div className="page-head">
        <h1>Fleet</h1>
      </div>
      {groups.map(({ kind, title }) => {
        const parts = overview.parts.filter((part) => part.kind === kind);
        return parts.length === 0 ? null : (
          <Section key={kind} title={title}>
            <Parts parts={parts} />
          </Section>
        );
      })}
      {overview.parts.length === 0 ? <Parts parts={[]} /> : null}
    </div>
  );
}

function OnePart({ part, id }: { part: Part | undefined; id: string }) {
  if (part === undefined)
    return (
      <Empty title="No such part">
        <p>
          <Name text={id} /> is not there any more. <Link href={`${base}fleet`}>Fleet</Link>
        </p>
      </Empty>
    );
  return (
    <div className="page" data-live="">
      <p className="crumbs">
        <Link href={`${base}fleet`}>Fleet</Link>
      </p>
      <div className="page-head">
        <h1>
          <Name text={part.id} most={48} />
        </h1>
        <span className="quiet">
          {part.kind}
          {part.version === undefined ? '' : ` ${part.version}`}
        </span>
      </div>
      <HealthLines health={part.health} />
      <Facts facts={part.facts} />
    </div>
  );
}
