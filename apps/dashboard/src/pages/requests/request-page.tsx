import type { KeptRequest } from '@torchweave/dashboard-contract';
import { useLoad } from '../../api/use-load.js';
import { FaultBlock, Loading } from '../../components/blocks.js';
import { Ago, Identifier, Name } from '../../components/text.js';
import { duration } from '../../format/units.js';
import { base, hrefTo } from '../../routing/route.js';
import { Link } from '../../routing/router.js';
import { OutcomeWord } from './outcome.js';
import { Waterfall } from './waterfall.js';

/** One request that was kept. */
export function RequestPage({ id }: { id: string }) {
  const { value, fault, reload } = useLoad<KeptRequest>(`requests/${encodeURIComponent(id)}`);
  if (value === undefined)
    return fault === undefined ? (
      <Loading what="the request" />
    ) : (
      <FaultBlock fault={fault} what="this request" onRetry={reload} />
    );
  const { workflow, version, at, durationMs, status, outcome, gateway, error, spans } = value;
  // Most often an attempt says the same.
  const isTold = spans.some((span) => span.error?.message === error?.message);
  return (
    <div className="page">
      <p className="crumbs">
        <Link href={`${base}requests`}>Requests</Link>
      </p>
      <div className="page-head">
        <h1>
          Request <Identifier text={id} most={40} />
        </h1>
        <OutcomeWord outcome={outcome} status={status} />
      </div>
      <p>
        <Link href={hrefTo('workflows', workflow)}>
          <Name text={workflow} />
        </Link>{' '}
        v{version} · {duration(durationMs)} · <Ago at={at} /> · by{' '}
        <Link href={hrefTo('fleet', gateway)}>
          <Name text={gateway} />
        </Link>
      </p>
      {error === undefined || isTold ? null : (
        <pre className="error-text" tabIndex={0} aria-label="What its client was answered">
          {error.message}
        </pre>
      )}
      <Waterfall request={value} />
    </div>
  );
}
