import type { SpecRule } from '../spec-document.js';
import { dagAdjacency } from './dag-adjacency.js';
import { knownSections } from './known-sections.js';
import { modelEntries } from './model-entries.js';
import { modelsMapping } from './models-mapping.js';
import { nodeNames } from './node-names.js';
import { probeSection } from './probe-section.js';
import { settingValues } from './setting-values.js';
import { textKeys } from './text-keys.js';
import { workerRange } from './worker-range.js';

/** Every rule that a spec file must obey, in the order in which its problems are told. */
export const specRules: readonly SpecRule[] = [
  knownSections,
  modelsMapping,
  textKeys,
  settingValues,
  modelEntries,
  workerRange,
  dagAdjacency,
  nodeNames,
  probeSection,
];
