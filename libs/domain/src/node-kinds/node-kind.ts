import type { ModelSpec, NodeSettings } from '../spec/spec.js';
import type { WorkflowVersion } from '../workflow/workflow-version.js';
import type { NodeBase, Placement } from './node-base.js';

/** What a spec says of a node. */
interface NodeSpec {
  /** Its entry of `models`; absent where it has none. */
  readonly model?: ModelSpec | undefined;
  readonly globals: NodeSettings;
}

/** Everything that differs between kinds of nodes. */
export interface NodeKindRules<Node extends NodeBase> {
  /** What it needs besides the spec: a model server, or the handler file of the archive. */
  readonly uses: 'model server' | 'handler file';

  /** Why a node of this kind cannot have the name, as the end of a sentence about it; undefined where it can. */
  nameFault(name: string): string | undefined;

  define(place: Placement, version: WorkflowVersion, spec: NodeSpec): Node;

  /** The field in which a node of this kind receives the output of a parent, of which it has so many. */
  inputField(parent: string, parents: number): string;

  /**
   * The children that run after the node, by index; undefined for all.
   *
   * @param children at least one.
   */
  choose(output: Uint8Array, children: readonly number[]): readonly number[] | undefined;
}

/** As TorchServe has it (`ensemble/DagExecutor.java`): `body` from a single parent, a field named after each of several. */
export const inputFieldOf = (parent: string, parents: number): string => (parents === 1 ? 'body' : parent);

/** TorchServe knows no choice. */
export const allChildren = (): undefined => undefined;
