import type { Fact, ModelPlace, NodeView, WorkflowView } from '@torchweave/dashboard-contract';
import { Facts } from '../../components/facts.js';
import { HealthLines, State } from '../../components/state.js';
import { Ago, Copy, Name } from '../../components/text.js';
import { useKeepsRequests } from '../../frame/use-available.js';
import { lookOf } from '../../health/states.js';
import { hrefTo } from '../../routing/route.js';
import { Link, navigate } from '../../routing/router.js';

/** The panel beside the graph: it stays while one goes from node to node. */
export function Panel({ workflow, chosen }: { workflow: WorkflowView; chosen: string | undefined }) {
  const node = workflow.nodes.find(({ name }) => name === chosen);
  return (
    <aside
      className={`panel ${chosen === undefined ? '' : 'is-sheet'}`}
      aria-label={node === undefined ? 'Workflow' : `Node ${node.name}`}
      data-live=""
      onKeyDown={(event) => {
        if (event.key === 'Escape') navigate(hrefTo('workflows', workflow.name));
      }}
    >
      {chosen !== undefined && node === undefined ? (
        <>
          <h2>
            <Name text={chosen} />
          </h2>
          <p>This version has no such node.</p>
        </>
      ) : node === undefined ? (
        <WorkflowPanel workflow={workflow} />
      ) : (
        <NodePanel workflow={workflow.name} node={node} />
      )}
      {chosen === undefined ? null : (
        <Link
          className="panel-close"
          href={hrefTo('workflows', workflow.name)}
          aria-label="Close the node"
          title="Close (Esc)"
        >
          ✕
        </Link>
      )}
    </aside>
  );
}

function WorkflowPanel({ workflow }: { workflow: WorkflowView }) {
  const unwell = [...workflow.nodes]
    .filter(({ health }) => health.state !== 'serving')
    .sort((a, b) => lookOf(a.health.state).rank - lookOf(b.health.state).rank);
  return (
    <>
      <h2>Workflow</h2>
      <HealthLines health={workflow.health} />
      {unwell.length === 0 ? null : (
        <>
          <h3>Nodes that need a look</h3>
          <ul className="plain-list">
            {unwell.map(({ name, health }) => (
              <li key={name}>
                <Link href={hrefTo('workflows', workflow.name, 'nodes', name)}>
                  <Name text={name} most={28} />
                </Link>{' '}
                <State state={health.state} since={health.since} />
              </li>
            ))}
          </ul>
        </>
      )}
      <Facts facts={workflowFacts(workflow)} />
      {workflow.sha256 === undefined ? null : (
        <p className="quiet">
          sha-256 <code title={workflow.sha256}>{workflow.sha256.slice(0, 12)}…</code> <Copy text={workflow.sha256} />
        </p>
      )}
      <p className="quiet">Choose a node to see its servers, workers, last error and spec.</p>
    </>
  );
}

const workflowFacts = ({ nodes, version, registeredAt, url }: WorkflowView): Fact[] => [
  { name: 'version', value: version },
  { name: 'nodes', value: nodes.length },
  { name: 'changed', value: registeredAt, unit: 'time' },
  // That of an upload is its digest, which stands below.
  ...(url === undefined || url.startsWith('sha256:') ? [] : [{ name: 'archive', value: url }]),
];

function NodePanel({ workflow, node }: { workflow: string; node: NodeView }) {
  const { name, kind, health, live, numbers, model, lastError, specLines } = node;
  const keepsRequests = useKeepsRequests();
  return (
    <>
      <h2>
        <Name text={name} most={28} /> <span className="quiet">{kind}</span>
      </h2>
      <HealthLines health={health} />
      <Facts facts={liveFacts(node)} />
      {model === undefined ? null : <Places archive={model.archive} model={model.name} places={model.places} />}
      {node.function === undefined ? null : (
        <>
          <h3>Function</h3>
          <Facts
            facts={[
              { name: 'name', value: node.function.name },
              ...(node.function.processes === undefined ? [] : [{ name: 'processes', value: node.function.processes }]),
            ]}
          />
        </>
      )}
      {lastError === undefined ? null : <LastError error={lastError} />}
      <h3>Numbers</h3>
      {numbers.length === 0 ? <p className="quiet">The spec gives none.</p> : <Facts facts={numbers} />}
      {specLines === undefined ? null : <SpecLines {...specLines} />}
      {keepsRequests ? (
        <p className="panel-links">
          <Link href={`${hrefTo('requests')}?workflow=${encodeURIComponent(workflow)}&outcome=failed`}>
            Failed requests of {workflow}
          </Link>
        </p>
      ) : null}
      {live.requestsPerSecond > 0 ? null : (
        <p className="quiet">
          {live.isUnknown ? 'No gateway tells of its requests.' : 'No request has come in the last minute.'}
        </p>
      )}
    </>
  );
}

const liveFacts = ({ live }: NodeView): Fact[] => [
  { name: 'requests/s', value: live.isUnknown ? '–' : Math.round(live.requestsPerSecond * 10) / 10 },
  live.isUnknown ? { name: 'errors', value: '–' } : { name: 'errors', value: live.errorRate, unit: 'rate' },
  ...(live.p50Ms === undefined ? [] : [{ name: 'p50', value: live.p50Ms, unit: 'ms' as const }]),
  ...(live.p99Ms === undefined ? [] : [{ name: 'p99', value: live.p99Ms, unit: 'ms' as const }]),
  { name: 'waiting', value: live.isUnknown ? '–' : live.waiting },
  { name: 'running', value: live.isUnknown ? '–' : live.running },
  { name: 'retries', value: live.isUnknown ? '–' : live.retries },
];

function Places({ archive, model, places }: { archive: string; model: string; places: readonly ModelPlace[] }) {
  return (
    <>
      <h3>Model servers</h3>
      <table className="places">
        <thead>
          <tr>
            <th scope="col">Server</th>
            <th scope="col">State</th>
            <th scope="col" className="figure">
              Workers
            </th>
          </tr>
        </thead>
        <tbody>
          {places.map(({ server, state, workersReady, workersWanted, reason }) => (
            <tr key={server}>
              <th scope="row">
                <Link href={hrefTo('fleet', server)}>
                  <Name text={server} most={22} />
                </Link>
              </th>
              <td>
                <State state={state} />
                {reason === undefined ? null : <div className="reason">{reason}</div>}
              </td>
              <td className="figure" title="ready / wanted">
                {workersReady ?? '?'}/{workersWanted ?? '?'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">
        Model{' '}
        <code>
          <Name text={model} most={30} />
        </code>{' '}
        of{' '}
        <code>
          <Name text={archive} most={30} />
        </code>
      </p>
    </>
  );
}

function LastError({ error: { at, message, errorCode, requestId } }: { error: NonNullable<NodeView['lastError']> }) {
  return (
    <>
      <h3>
        Last error{' '}
        <span className="quiet">
          <Ago at={at} />
        </span>
      </h3>
      <pre className="error-text" tabIndex={0} aria-label="Last error in full">
        {message}
      </pre>
      <p>
        <code>{errorCode}</code> <Copy text={message} />
        {requestId === undefined ? null : (
          <>
            {' '}
            <Link href={hrefTo('requests', requestId)}>its request</Link>
          </>
        )}
      </p>
    </>
  );
}

function SpecLines({ first, text }: { first: number; text: string }) {
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    <>
      <h3>
        Spec{' '}
        <span className="quiet">
          line {first}
          {lines.length > 1 ? ` to ${first + lines.length - 1}` : ''}
        </span>
      </h3>
      <pre className="spec-lines" tabIndex={0} aria-label="Spec lines">
        {lines.map((line, at) => (
          <span key={at}>
            <span className="line-number" aria-hidden="true">
              {first + at}
            </span>
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
    </>
  );
}
