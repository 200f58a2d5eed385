import type { VersionView, WorkflowView } from '@torchweave/dashboard-contract';
import { VersionActs } from '../../acts/workflow-acts.js';
import { Scrolled } from '../../components/blocks.js';
import { errorShare, latency, requestRate } from '../../components/live-figures.js';
import { State } from '../../components/state.js';
import { Ago } from '../../components/text.js';
import { hrefTo } from '../../routing/route.js';
import { Link } from '../../routing/router.js';

const keptWords: Record<VersionView['kept'], string> = {
  active: 'default',
  warm: 'ready beside it',
  retired: 'retired: comes back from its archive',
  preparing: 'is being prepared',
};

/** The versions from the last to the first, with what each answers. */
export function Versions({ workflow: { name, versions } }: { workflow: WorkflowView }) {
  return (
    <Scrolled label="Versions">
      <table className="versions" data-live="">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">State</th>
            <th scope="col" className="figure">
              Share
            </th>
            <th scope="col" className="figure">
              Req/s
            </th>
            <th scope="col" className="figure">
              Errors
            </th>
            <th scope="col" className="figure">
              p99
            </th>
            <th scope="col" className="figure">
              Gateways
            </th>
            <th scope="col">Changed</th>
            <th scope="col">Archive</th>
            <th scope="col">Acts</th>
          </tr>
        </thead>
        <tbody>
          {[...versions]
            .sort((a, b) => b.version - a.version)
            .map((version) => (
              <Row key={version.version} name={name} version={version} />
            ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function Row({ name, version: view }: { name: string; version: VersionView }) {
  const { version, state, kept, weight, live, gateways, registeredAt, sha256 } = view;
  return (
    <tr>
      <th scope="row">
        <Link href={hrefTo('workflows', name, 'versions', version)} title="What has changed in it">
          v{version}
        </Link>
      </th>
      <td>
        {kept === 'retired' ? (
          <span className="quiet">{keptWords.retired}</span>
        ) : (
          <>
            <State state={state} /> <span className="quiet">{keptWords[kept]}</span>
          </>
        )}
      </td>
      <td className="figure">
        <span className="share">
          <span style={{ width: `${Math.min(100, weight)}%` }} />
        </span>{' '}
        {weight} %
      </td>
      <td className="figure">{requestRate(live)}</td>
      <td className={`figure ${live.errorRate > 0 ? 'has-errors' : ''}`}>{errorShare(live)}</td>
      <td className="figure">{latency(live.p99Ms)}</td>
      <td className="figure">{gateways}</td>
      <td>
        <Ago at={registeredAt} />
      </td>
      <td>{sha256 === undefined ? '–' : <code title={sha256}>{sha256.replace(/^sha256:/, '').slice(0, 10)}</code>}</td>
      <td>
        <VersionActs name={name} version={view} />
      </td>
    </tr>
  );
}
