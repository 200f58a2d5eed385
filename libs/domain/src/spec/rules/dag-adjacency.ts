import { isMap, isSeq } from 'yaml';
import type { SpecRule } from '../spec-document.js';

export const dagAdjacency: SpecRule = {
  name: 'dag-adjacency',
  description: 'dag maps each node to the list of its children.',
  check(document, report) {
    if (document.root === undefined) return;
    const dag = document.section('dag');
    if (dag === undefined) {
      report(document.root, 'the key dag is missing: it maps each node to the list of its children.');
      return;
    }
    if (!isMap(dag.value)) {
      report(dag.value ?? dag.keyNode, `dag must be a mapping, not ${JSON.stringify(document.valueOf(dag.value))}.`);
      return;
    }
    for (const { key, keyNode, value } of document.entries(dag.value)) {
      const children = document.valueOf(value);
      if (children === null) continue;
      if (!isSeq(value)) {
        report(value ?? keyNode, `dag.${key} must be a list of node names, not ${JSON.stringify(children)}.`);
        continue;
      }
      for (const child of children as unknown[]) {
        if (child === null || typeof child === 'string') continue;
        report(value, `dag.${key} must be a list of node names, but holds ${JSON.stringify(child)}.`);
      }
    }
  },
};
