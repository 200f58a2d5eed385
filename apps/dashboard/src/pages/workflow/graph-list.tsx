import type { WorkflowView } from '@torchweave/dashboard-contract';
import { LiveFigures } from '../../components/live-figures.js';
import { State } from '../../components/state.js';
import { Name } from '../../components/text.js';
import { indented } from '../../graph/indented.js';
import { hrefTo } from '../../routing/route.js';
import { Link } from '../../routing/router.js';

const stepPx = 16;
const deepest = 6;

/** The graph as a list, what flows into a node above it: for narrow screens, and for whoever rather reads. */
export function GraphList({ workflow, chosen }: { workflow: WorkflowView; chosen: string | undefined }) {
  const views = new Map(workflow.nodes.map((view) => [view.name, view]));
  const list = indented([...views.keys()], workflow.edges);
  return (
    <ol className="graph-list">
      {list.map(({ name, depth, parents }) => {
        const view = views.get(name);
        if (view === undefined) return null;
        return (
          <li key={name} style={{ paddingInlineStart: Math.min(depth, deepest) * stepPx }}>
            <Link
              href={hrefTo('workflows', workflow.name, 'nodes', name)}
              className={name === chosen ? 'is-chosen' : ''}
              aria-current={name === chosen ? 'true' : undefined}
            >
              <span className="graph-list-head">
                <b>
                  <Name text={name} most={36} />
                </b>{' '}
                <State
                  state={view.health.state}
                  since={view.health.state === 'serving' ? undefined : view.health.since}
                />
              </span>
              {parents.length === 0 ? null : <span className="quiet">from {parents.join(', ')}</span>}
              <LiveFigures live={view.live} />
            </Link>
          </li>
        );
      })}
    </ol>
  );
}
