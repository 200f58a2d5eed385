import { modelNameOf } from '../workflow/name.js';
import type { NodeBase } from './node-base.js';
import { allChildren, inputFieldOf, type NodeKindRules } from './node-kind.js';

/** A node that is a Python function of the archive's handler file: whatever the spec has no model for. */
export interface FunctionNode extends NodeBase {
  readonly kind: 'function';
}

const pythonIdentifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const functionKind: NodeKindRules<FunctionNode> = {
  uses: 'handler file',
  nameFault: (name) =>
    pythonIdentifier.test(name) ? undefined : 'is neither under models nor the name of a Python function',
  // Functions live in a unit of the version's own.
  define(place, { workflow }, { globals: { retryAttempts, timeoutMs } }) {
    return { ...place, kind: 'function', modelName: modelNameOf(workflow, place.name), retryAttempts, timeoutMs };
  },
  inputField: inputFieldOf,
  choose: allChildren,
};
