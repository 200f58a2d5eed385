import type { WorkflowView } from '@torchweave/dashboard-contract';
import { useLoad } from '../../api/use-load.js';
import { WorkflowActs } from '../../acts/workflow-acts.js';
import { FaultBlock, Loading } from '../../components/blocks.js';
import { LiveFigures } from '../../components/live-figures.js';
import { State } from '../../components/state.js';
import { Copy, Name } from '../../components/text.js';
import { useLive } from '../../live/live-context.js';
import { base, hrefTo, workflowTabs, type Route, type WorkflowTab } from '../../routing/route.js';
import { Link, useQuery } from '../../routing/router.js';
import { OperationTable } from '../operations.js';
import { Charts } from './charts.js';
import { Graph } from './graph.js';
import { GraphList } from './graph-list.js';
import { Panel } from './panel.js';
import { Try } from './try.js';
import { VersionDiff } from './version-diff.js';
import { Versions } from './versions.js';

type WorkflowRoute = Extract<Route, { page: 'workflow' | 'version' }>;

/** One workflow: its graph and what is behind each node, its versions, its operations, and a request to try. */
export function WorkflowPage({ route }: { route: WorkflowRoute }) {
  const { name } = route;
  const loaded = useLoad<WorkflowView>(`workflows/${encodeURIComponent(name)}`);
  const live = useLive().workflow;
  const workflow = live?.name === name ? live : loaded.value;
  if (workflow === undefined)
    return loaded.fault === undefined ? (
      <Loading what={name} />
    ) : (
      <FaultBlock fault={loaded.fault} what={`workflow ${name}`} onRetry={loaded.reload} />
    );
  const tab = route.page === 'version' ? 'versions' : route.tab;
  return (
    <div className="page workflow">
      <WorkflowHead workflow={workflow} />
      <Tabs name={name} here={tab} versions={workflow.versions.length} />
      <Tab workflow={workflow} route={route} />
    </div>
  );
}

function WorkflowHead({ workflow: { name, version, health, live, versions } }: { workflow: WorkflowView }) {
  return (
    <header className="workflow-head">
      <p className="crumbs">
        <Link href={`${base}workflows`}>Workflows</Link>
      </p>
      <h1>
        <Name text={name} most={40} /> <Copy text={name} />
      </h1>
      <span className="quiet version-now">v{version}</span>
      <State state={health.state} since={health.state === 'serving' ? undefined : health.since} />
      <LiveFigures live={live} />
      <WorkflowActs name={name} versions={versions} />
    </header>
  );
}

const tabTitles: Record<WorkflowTab, string> = {
  graph: 'Graph',
  versions: 'Versions',
  operations: 'Operations',
  try: 'Try it',
};

function Tabs({ name, here, versions }: { name: string; here: WorkflowTab; versions: number }) {
  return (
    <nav className="tabs" aria-label={`Views of ${name}`}>
      {workflowTabs.map((tab) => (
        <Link
          key={tab}
          href={tab === 'graph' ? hrefTo('workflows', name) : hrefTo('workflows', name, tab)}
          aria-current={tab === here ? 'page' : undefined}
        >
          {tabTitles[tab]}
          {tab === 'versions' ? <span className="count">{versions}</span> : null}
        </Link>
      ))}
    </nav>
  );
}

function Tab({ workflow, route }: { workflow: WorkflowView; route: WorkflowRoute }) {
  if (route.page === 'version') return <VersionDiff workflow={workflow} version={route.version} />;
  switch (route.tab) {
    case 'graph':
      return <GraphTab workflow={workflow} chosen={route.node} />;
    case 'versions':
      return <Versions workflow={workflow} />;
    case 'operations':
      return <OperationTable workflow={workflow.name} />;
    case 'try':
      return <Try workflow={workflow} />;
  }
}

function GraphTab({ workflow, chosen }: { workflow: WorkflowView; chosen: string | undefined }) {
  const isList = useQuery().get('view') === 'list';
  const path =
    chosen === undefined ? hrefTo('workflows', workflow.name) : hrefTo('workflows', workflow.name, 'nodes', chosen);
  return (
    <>
      <div className={`graph-and-panel ${isList ? 'is-list' : ''}`}>
        <div className="graph-place" data-live="">
          <Link className="view-switch" replace href={isList ? path : `${path}?view=list`}>
            {isList ? 'As a graph' : 'As a list'}
          </Link>
          <Graph workflow={workflow} chosen={chosen} />
          <GraphList workflow={workflow} chosen={chosen} />
        </div>
        <Panel workflow={workflow} chosen={chosen} />
      </div>
      <Charts series={workflow.series} marks={workflow.marks} />
    </>
  );
}
