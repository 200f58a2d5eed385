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
      report(dag.value ?? dag.keyNode, `dag must be a mapping, not ${document.show(dag.value)}.`);
      return;
    }
    for (const { key, keyNode, value } of document.entries(dag.value)) {
      if (document.scalar(value) === null) continue;
      if (!isSeq(value)) {
        report(value ?? keyNode, `dag.${key} must be a list of node names, not ${document.show(value)}.`);
        continue;
      }
      for (const item of document.items(value)) {
        const child = document.scalar(item);
        if (child === null || typeof child === 'string') continue;
        report(item, `dag.${key} must be a list of node names, but holds ${document.show(item)}.`);
      }
    }
  },
};
