import type { Node } from 'yaml';
import type { Report, SpecDocument, SpecRule } from '../spec-document.js';

function checkKeys(document: SpecDocument, path: string, node: Node | null | undefined, report: Report): void {
  for (const { keyNode } of document.entries(node)) {
    if (typeof document.scalar(keyNode) === 'string') continue;
    report(keyNode, `${path} has the key ${document.show(keyNode)}, which YAML does not read as text. Quote it.`);
  }
}

export const textKeys: SpecRule = {
  name: 'text-keys',
  description: 'Names are text; YAML reads on, yes, 1 or ~ as something else unless they stand in quotes.',
  check(document, report) {
    for (const section of ['models', 'dag']) checkKeys(document, section, document.section(section)?.value, report);
  },
};
