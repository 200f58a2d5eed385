import { isMap } from 'yaml';
import type { SpecRule } from '../spec-document.js';

export const modelsMapping: SpecRule = {
  name: 'models-mapping',
  description: 'models is a mapping of settings and model names; it may be left out where all nodes are functions.',
  check(document, report) {
    const models = document.section('models');
    if (models === undefined || document.scalar(models.value) === null || isMap(models.value)) return;
    report(models.value, `models must be a mapping, not ${document.show(models.value)}.`);
  },
};
