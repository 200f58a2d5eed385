import { catalogueSection } from './catalogue.js';
import { enqueueSection } from './enqueue.js';
import { memorySection } from './memory.js';
import { modelsSection } from './models.js';
import { overloadSection } from './overload.js';
import { registrationSection } from './registration.js';
import type { SectionName } from './section-names.js';
import type { Section } from './section.js';
import { soakSection } from './soak.js';
import { bodiesSection, chainSection, diamondSection, functionsSection } from './sweeps.js';

export const sections: Readonly<Record<SectionName, Section>> = {
  chain: chainSection,
  diamond: diamondSection,
  functions: functionsSection,
  bodies: bodiesSection,
  models: modelsSection,
  registration: registrationSection,
  enqueue: enqueueSection,
  memory: memorySection,
  catalogue: catalogueSection,
  soak: soakSection,
  overload: overloadSection,
};
