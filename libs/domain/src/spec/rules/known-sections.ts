import type { SpecRule } from '../spec-document.js';

export const knownSections: SpecRule = {
  name: 'known-sections',
  description: 'A spec is a mapping with the keys models and dag; anything else would be ignored without a word.',
  check(document, report) {
    if (document.root === undefined) {
      const found = document.scalar(document.contents) === null ? 'the file is empty' : 'the file holds something else';
      report(document.contents, `a spec is a mapping with the keys models and dag, but ${found}.`);
      return;
    }
    for (const { key, keyNode } of document.entries(document.root)) {
      if (key !== 'models' && key !== 'dag') report(keyNode, `unknown key "${key}". A spec has models and dag.`);
    }
  },
};
