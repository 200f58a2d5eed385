import type { Rule } from 'eslint';

/** An ESLint rule: what is not on the layer's list, or not in the package's dependencies, is not imported. */
export const mayImport: Rule.RuleModule;
