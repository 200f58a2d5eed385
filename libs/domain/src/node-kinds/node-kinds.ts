import { functionKind, type FunctionNode } from './function.js';
import { modelKind, type ModelNode } from './model.js';
import type { NodeKindRules } from './node-kind.js';

export type WorkflowNode = ModelNode | FunctionNode;
export type NodeKind = WorkflowNode['kind'];

/** Every kind of node. One more does not compile until it has its rules here, and until everything that treats kinds treats it. */
export const nodeKinds: { readonly [Kind in NodeKind]: NodeKindRules<Extract<WorkflowNode, { kind: Kind }>> } = {
  model: modelKind,
  function: functionKind,
};

/** The kind of a node that a spec names. */
export const kindOf = (hasModel: boolean): NodeKind => (hasModel ? 'model' : 'function');

/** The rules of a node's kind. */
export const rulesOf = ({ kind }: WorkflowNode): NodeKindRules<WorkflowNode> => nodeKinds[kind];
