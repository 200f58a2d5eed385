import type { WorkflowView } from '@torchweave/dashboard-contract';
import { MarkerType, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useEffect, useMemo, type KeyboardEvent } from 'react';
import { nodeSize, placed, type Placed } from '../../graph/layout.js';
import { isArrowKey, neighbour } from '../../graph/walk.js';
import { hrefTo } from '../../routing/route.js';
import { navigate } from '../../routing/router.js';
import { GraphNode, type DrawnNode } from './graph-node.js';

const nodeTypes = { 'workflow-node': GraphNode };
/** Below this names cannot be read: a larger graph is moved about instead. */
const leastZoom = 0.55;
const fit = { padding: 0.06, minZoom: leastZoom, maxZoom: 1 };

/** A workflow's graph from left to right, each node with its live state; arrow keys lead from node to node. */
export function Graph({ workflow, chosen }: { workflow: WorkflowView; chosen: string | undefined }) {
  return (
    <ReactFlowProvider>
      <Canvas workflow={workflow} chosen={chosen} />
    </ReactFlowProvider>
  );
}

function Canvas({ workflow, chosen }: { workflow: WorkflowView; chosen: string | undefined }) {
  const places = usePlaces(workflow);
  const { nodes, edges } = useDrawn(workflow, places, chosen);
  const flow = useReactFlow();
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (!isArrowKey(event.key)) return;
    const here = (event.target as HTMLElement).closest<HTMLElement>('[data-node]')?.dataset['node'] ?? chosen;
    const next = neighbour(places, here ?? '', event.key);
    event.preventDefault();
    if (next === undefined) return;
    navigate(hrefTo('workflows', workflow.name, 'nodes', next), 'replace');
    event.currentTarget.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus({ preventScroll: true });
  };
  useFollow(places, chosen);
  return (
    <div
      className="graph"
      role="group"
      aria-label={`Graph of ${workflow.name}. Arrow keys lead from node to node.`}
      onKeyDown={onKeyDown}
    >
      <ReactFlow<DrawnNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        minZoom={0.15}
        maxZoom={1.5}
        fitView
        fitViewOptions={fit}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnScroll={false}
        preventScrolling={false}
        zoomOnDoubleClick={false}
        proOptions={{ hideAttribution: true }}
      />
      <div className="graph-tools">
        <button type="button" aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
          −
        </button>
        <button
          type="button"
          aria-label="Show the whole graph"
          title="Show the whole graph"
          onClick={() => void flow.fitView({ padding: 0.06, maxZoom: 1 })}
        >
          ⤢
        </button>
      </div>
    </div>
  );
}

/** Laid out anew when nodes or edges change, not with every figure. */
function usePlaces({ nodes, edges }: WorkflowView): Placed[] {
  const shape = JSON.stringify([nodes.map(({ name }) => name), edges]);
  return useMemo(() => {
    const [names, links] = JSON.parse(shape) as [string[], [string, string][]];
    return placed(names, links);
  }, [shape]);
}

function useDrawn(workflow: WorkflowView, places: readonly Placed[], chosen: string | undefined) {
  return useMemo(() => {
    const at = new Map(places.map((place) => [place.name, place]));
    const entry = workflow.nodes.some(({ name }) => name === chosen) ? chosen : workflow.nodes[0]?.name;
    const nodes = workflow.nodes.map((view): DrawnNode => {
      const { x = 0, y = 0 } = at.get(view.name) ?? {};
      const href = hrefTo('workflows', workflow.name, 'nodes', view.name);
      const data = { view, href, isChosen: view.name === chosen, isEntry: view.name === entry };
      return { id: view.name, type: 'workflow-node', position: { x, y }, ...nodeSize, data };
    });
    const edges = workflow.edges.map(([source, target]) => ({
      ...{ id: JSON.stringify([source, target]), source, target },
      className: source === chosen || target === chosen ? 'is-of-chosen' : '',
      markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: 'var(--line-strong)' },
    }));
    return { nodes, edges };
  }, [workflow, places, chosen]);
}

/** A node that is chosen comes into sight, and the whole graph when its place changes. */
function useFollow(places: readonly Placed[], chosen: string | undefined): void {
  const flow = useReactFlow();
  useEffect(() => {
    const place = places.find(({ name }) => name === chosen);
    if (place === undefined || !flow.viewportInitialized) return;
    const { x, y, zoom } = flow.getViewport();
    const canvas = document.querySelector('.graph')?.getBoundingClientRect();
    if (canvas === undefined) return;
    const [left, top] = [place.x * zoom + x, place.y * zoom + y];
    const isInSight =
      left >= 0 &&
      top >= 0 &&
      left + nodeSize.width * zoom <= canvas.width &&
      top + nodeSize.height * zoom <= canvas.height;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!isInSight)
      void flow.setCenter(place.x + nodeSize.width / 2, place.y + nodeSize.height / 2, {
        zoom,
        duration: isCalm ? 0 : 140,
      });
  }, [flow, places, chosen, flow.viewportInitialized]);
}
