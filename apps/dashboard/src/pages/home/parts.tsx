import type { Part } from '@torchweave/dashboard-contract';
import { Empty, Scrolled } from '../../components/blocks.js';
import { FactValue } from '../../components/facts.js';
import { State } from '../../components/state.js';
import { Name } from '../../components/text.js';
import { hrefTo } from '../../routing/route.js';
import { Link } from '../../routing/router.js';

const kinds: Record<Part['kind'], string> = {
  api: 'api',
  worker: 'worker',
  gateway: 'gateway',
  'model-server': 'model server',
  redis: 'Redis',
};

/** One row a part: its state, and the few figures that tell how it does. */
export function Parts({ parts }: { parts: readonly Part[] }) {
  if (parts.length === 0)
    return (
      <Empty title="No part has announced itself">
        <p>
          Start one: <code>torchweave start</code>
        </p>
      </Empty>
    );
  return (
    <Scrolled label="Parts">
      <table className="parts">
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">State</th>
            <th scope="col">Version</th>
            <th scope="col">Figures</th>
          </tr>
        </thead>
        <tbody>
          {[...parts].sort(byKind).map((part) => (
            <PartRow key={`${part.kind} ${part.id}`} part={part} />
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

const order = Object.keys(kinds);
const byKind = (a: Part, b: Part): number => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id.localeCompare(b.id);

function PartRow({ part: { kind, id, health, version, facts } }: { part: Part }) {
  return (
    <tr>
      <th scope="row">
        <Link href={hrefTo('fleet', id)}>
          <Name text={id} most={28} />
        </Link>{' '}
        <span className="quiet">{kinds[kind]}</span>
      </th>
      <td>
        <State state={health.state} since={health.state === 'serving' ? undefined : health.since} />
        {health.reason === undefined ? null : <div className="reason">{health.reason}</div>}
      </td>
      <td className="quiet">{version ?? '–'}</td>
      <td className="figures">
        {facts.slice(0, 4).map((fact) => (
          <span key={fact.name}>
            <span className="quiet">{fact.name}</span> <FactValue fact={fact} />
          </span>
        ))}
      </td>
    </tr>
  );
}
