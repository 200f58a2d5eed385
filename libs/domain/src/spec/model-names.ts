import { isExtension } from './extensions.js';
import type { SpecDocument } from './spec-document.js';

/** The keys under `models` that make a node a model, as far as they can be made out. */
export function modelNames(document: SpecDocument): ReadonlySet<string> {
  const entries = document.entries(document.section('models')?.value);
  return new Set(entries.filter((entry) => !isExtension(document, entry)).map(({ key }) => key));
}
