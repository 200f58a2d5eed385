import type { NodeView } from '@torchweave/dashboard-contract';
import { Handle, Position, type NodeProps, type Node } from '@xyflow/react';
import { errorShare, latency, requestRate } from '../../components/live-figures.js';
import { Shape } from '../../components/state.js';
import { middleCut } from '../../format/middle-cut.js';
import { lookOf } from '../../health/states.js';
import { Link } from '../../routing/router.js';

/** What a drawn node is made of. */
export type DrawnNode = Node<{ view: NodeView; href: string; isChosen: boolean; isEntry: boolean }, 'workflow-node'>;

/** One node of the graph: its name, state, and how it does. */
export function GraphNode({ data: { view, href, isChosen, isEntry } }: NodeProps<DrawnNode>) {
  const { name, kind, health, live } = view;
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Link
        href={href}
        className={`graph-node edge-${lookOf(health.state).tone} ${isChosen ? 'is-chosen' : ''}`}
        data-node={name}
        tabIndex={isEntry ? 0 : -1}
        aria-current={isChosen ? 'true' : undefined}
        title={name}
        draggable={false}
      >
        <span className="graph-node-name">{middleCut(name, 21)}</span>
        <span className={`graph-node-state tone-${lookOf(health.state).tone}`}>
          <Shape state={health.state} /> {health.state}
          <span className="quiet"> · {kind}</span>
        </span>
        <span className="graph-node-figures">
          <span>
            <b>{requestRate(live)}</b> req/s
          </span>
          <span className={live.errorRate > 0 ? 'has-errors' : 'quiet'}>{errorShare(live)} errors</span>
        </span>
        <span className="graph-node-figures quiet">
          <span>
            p50 <b>{latency(live.p50Ms)}</b>
          </span>
          <span>
            p99 <b>{latency(live.p99Ms)}</b>
          </span>
        </span>
        <span className="graph-node-figures quiet">
          <span>
            {live.isUnknown ? '–' : live.waiting} wait · {live.isUnknown ? '–' : live.running} run
          </span>
          {live.retries > 0 ? <span className="tone-degraded">{live.retries} retries</span> : null}
        </span>
      </Link>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}
