import type { Node } from 'yaml';
import { kindOf, nodeKinds } from '../../node-kinds/node-kinds.js';
import { isValidName, nameRule } from '../../workflow/name.js';
import { modelNames } from '../model-names.js';
import type { SpecRule } from '../spec-document.js';

/** More than any real workflow has; a gateway walks through all of them for each request. */
const maxNodes = 1_000;

export const nodeNames: SpecRule = {
  name: 'node-names',
  description: 'A node that is not under models is a Python function, so it needs a name that Python can have.',
  check(document, report) {
    const models = modelNames(document);
    const seen = new Set<string>();
    const check = (node: string, at: Node): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (seen.size > maxNodes) {
        if (seen.size === maxNodes + 1) report(at, `the dag has more than ${maxNodes} nodes.`);
        return;
      }
      if (!isValidName(node)) report(at, `the node name "${node}" is not valid: ${nameRule}.`);
      else {
        const fault = nodeKinds[kindOf(models.has(node))].nameFault(node);
        if (fault !== undefined) report(at, `the node "${node}" ${fault}.`);
      }
    };
    for (const { key, keyNode, value } of document.entries(document.section('dag')?.value)) {
      if (typeof document.scalar(keyNode) === 'string') check(key, keyNode);
      for (const item of document.items(value)) {
        const child = document.scalar(item);
        if (typeof child === 'string' && child.trim() !== '') check(child, item);
      }
    }
  },
};
