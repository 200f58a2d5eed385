import type { SpecRule } from '../spec-document.js';
import { suggest } from '../suggest.js';

const sections = ['models', 'dag'];
/** What a spec may have besides, which TorchServe ignores. */
const ownSections = ['probe'];

export const knownSections: SpecRule = {
  name: 'known-sections',
  description:
    'A spec is a mapping with the keys models and dag, and probe; anything else is ignored, as TorchServe does, with a warning.',
  check(document, report, warn) {
    if (document.root === undefined) {
      const found = document.scalar(document.contents) === null ? 'the file is empty' : 'the file holds something else';
      report(document.contents, `a spec is a mapping with the keys models and dag, but ${found}.`);
      return;
    }
    for (const { key, keyNode } of document.entries(document.root)) {
      if (sections.includes(key) || ownSections.includes(key)) continue;
      warn(keyNode, `the key "${key}" is ignored: a spec has models and dag.${suggest(key, sections)}`);
    }
  },
};
