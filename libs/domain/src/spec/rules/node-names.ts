import type { Node } from 'yaml';
import { isValidName, nameRule } from '../../workflow/name.js';
import type { SpecRule } from '../spec-document.js';

const pythonIdentifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const nodeNames: SpecRule = {
  name: 'node-names',
  description: 'A node that is not under models is a Python function, so it needs a name that Python can have.',
  check(document, report) {
    const models = new Set(document.entries(document.section('models')?.value).map((entry) => entry.key));
    const seen = new Set<string>();
    const check = (node: string, at: Node): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (!isValidName(node)) report(at, `the node name "${node}" is not valid: ${nameRule}.`);
      else if (!models.has(node) && !pythonIdentifier.test(node)) {
        report(at, `the node "${node}" is neither under models nor the name of a Python function.`);
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
