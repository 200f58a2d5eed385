import type { Problem } from './problem.js';
import { topLevelNames } from './python-names.js';

/**
 * Finds the function nodes that a handler file does not define at its top level. Only a hint, from the text alone: none
 * where the text cannot tell.
 */
export function checkFunctions(functions: readonly string[], source: string, file: string): Problem[] {
  const defined = topLevelNames(source);
  if (defined === undefined) return [];
  const missing = functions.filter((name) => !defined.has(name));
  return missing.map((name) => ({
    rule: 'functions',
    message: `the node ${name} is not under models, so it is a function of this file, which defines no ${name}.`,
    file,
    line: 1,
    column: 1,
  }));
}
