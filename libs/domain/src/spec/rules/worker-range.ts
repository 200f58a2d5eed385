import { isExtension } from '../extensions.js';
import { defaultNodeSettings, isSettingKey } from '../spec.js';
import type { Entry, SpecDocument, SpecRule } from '../spec-document.js';

function numberUnder(document: SpecDocument, entries: Entry[], key: string, fallback: number): number {
  const found = document.scalar(entries.find((entry) => entry.key === key)?.value);
  return typeof found === 'number' ? found : fallback;
}

export const workerRange: SpecRule = {
  name: 'worker-range',
  description: 'A model cannot keep more workers than it may have.',
  check(document, report) {
    const models = document.entries(document.section('models')?.value);
    const min = numberUnder(document, models, 'min-workers', defaultNodeSettings.minWorkers);
    const max = numberUnder(document, models, 'max-workers', Math.max(min, defaultNodeSettings.maxWorkers));
    const compare = (path: string, entries: Entry[], least: number, most: number): void => {
      if (least <= most) return;
      const at = entries.find((entry) => entry.key === 'min-workers' || entry.key === 'max-workers')?.value;
      report(at, `${path}.min-workers (${least}) is greater than ${path}.max-workers (${most}).`);
    };
    compare('models', models, min, max);
    for (const entry of models) {
      const { key, value } = entry;
      if (isSettingKey(key) || isExtension(document, entry)) continue;
      const own = document.entries(value);
      const ownMin = numberUnder(document, own, 'min-workers', min);
      compare(`models.${key}`, own, ownMin, numberUnder(document, own, 'max-workers', Math.max(max, ownMin)));
    }
  },
};
