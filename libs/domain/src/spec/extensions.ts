import type { Entry, SpecDocument } from './spec-document.js';

/** `x-…`: what authors keep for themselves and for `<<`, by the custom of other YAML files. */
export const isExtensionKey = (key: string): boolean => /^x-/i.test(key);

/** True for an entry of `models` that is none of its own: `x-…` without a url. */
export function isExtension(document: SpecDocument, { key, value }: Entry): boolean {
  return isExtensionKey(key) && !document.entries(value).some((entry) => entry.key === 'url');
}
