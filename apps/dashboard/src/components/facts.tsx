import type { Fact } from '@torchweave/dashboard-contract';
import { bytes, count, duration, percent } from '../format/units.js';
import { Ago, Name } from './text.js';

/** A fact's value in its unit. */
export function FactValue({ fact: { value, unit } }: { fact: Fact }) {
  if (typeof value === 'string') return unit === 'time' ? <Ago at={value} /> : <Name text={value} most={48} />;
  switch (unit) {
    case 'ms':
      return <>{duration(value)}</>;
    case 'bytes':
      return <>{bytes(value)}</>;
    case 'rate':
      return <>{percent(value)}</>;
    default:
      return <>{count(value)}</>;
  }
}

/** Facts as pairs of name and value. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <div key={fact.name}>
          <dt>{fact.name}</dt>
          <dd>
            <FactValue fact={fact} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
