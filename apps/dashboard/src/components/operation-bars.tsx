import type { OperationRow } from '@torchweave/dashboard-contract';
import { ago } from '../format/moments.js';
import { duration } from '../format/units.js';
import { useNow } from '../live/use-now.js';
import { operationMs, operationTitle } from '../operations/operation-words.js';
import { hrefTo } from '../routing/route.js';
import { Link } from '../routing/router.js';
import { Empty } from './blocks.js';

const shortest = 6;
const tallest = 56;

/** Last operations as bars, the newest right: colour and pattern tell the outcome, the height how long it took. */
export function OperationBars({ rows }: { rows: readonly OperationRow[] }) {
  const now = useNow();
  if (rows.length === 0)
    return (
      <Empty title="No operation yet">
        <p>A registration, an update or a removal stands here for a day.</p>
      </Empty>
    );
  const times = rows.map((row) => operationMs(row, now));
  const longest = Math.max(...times, 1);
  return (
    <ol className="bars" aria-label="Last operations, the newest last">
      {rows
        .map((row, at) => {
          // By the logarithm: one of minutes hides none of milliseconds.
          const height = shortest + (tallest - shortest) * (Math.log1p(times[at] ?? 0) / Math.log1p(longest));
          const words = `${operationTitle(row)}: ${row.state}, ${duration(times[at] ?? 0)}, ${ago(row.createdAt, now)}`;
          return (
            <li key={row.id}>
              <Link href={hrefTo('operations', row.id)} title={words} aria-label={words}>
                <span className={`bar bar-${row.state}`} style={{ height }} />
              </Link>
            </li>
          );
        })
        .reverse()}
    </ol>
  );
}
