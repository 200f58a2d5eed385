import { kindOf, type NodeKind } from '@torchweave/domain';
import type { WorkflowParts } from './read-workflow.js';

/** A node as it is drawn. */
export interface GraphNode {
  readonly name: string;
  readonly kind: NodeKind;
  /** The model's archive; absent for functions. */
  readonly url?: string;
  readonly children: readonly string[];
  /** Edges of the longest way from the start node. */
  readonly level: number;
}

/** A workflow's DAG as it is drawn. */
export interface Graph {
  readonly name: string;
  /** Parents before children. */
  readonly nodes: readonly GraphNode[];
}

/** Prepares a workflow for drawing. */
export function graphOf(name: string, { spec, dag }: WorkflowParts): Graph {
  const urls = new Map(spec.models.map((model) => [model.name, model.url]));
  const levels = new Map<string, number>();
  const nodes = dag.nodes.map((node): GraphNode => {
    const above = (dag.parents.get(node) ?? []).map((parent) => levels.get(parent) ?? 0);
    const level = above.length === 0 ? 0 : Math.max(...above) + 1;
    levels.set(node, level);
    const url = urls.get(node);
    const children = dag.children.get(node) ?? [];
    return {
      name: node,
      kind: kindOf(url !== undefined),
      ...(url === undefined ? {} : { url }),
      children,
      level,
    };
  });
  return { name, nodes };
}
