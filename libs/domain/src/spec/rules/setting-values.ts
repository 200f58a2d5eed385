import { isExtension } from '../extensions.js';
import { boundsOf, isSettingKey, isWithin, settingKeys } from '../spec.js';
import type { Entry, Report, SpecDocument, SpecRule } from '../spec-document.js';

function checkSettings(document: SpecDocument, path: string, entries: Entry[], report: Report): void {
  for (const { key, keyNode, value } of entries) {
    if (!isSettingKey(key)) continue;
    const { least, most } = settingKeys[key];
    if (isWithin(document.scalar(value), least, most)) continue;
    report(value ?? keyNode, `${path}.${key} must be ${boundsOf(least, most)}, not ${document.show(value)}.`);
  }
}

export const settingValues: SpecRule = {
  name: 'setting-values',
  description:
    'Workers, batch size, delays and retries are whole numbers within the range that a model server accepts.',
  check(document, report) {
    const models = document.entries(document.section('models')?.value);
    checkSettings(document, 'models', models, report);
    for (const entry of models) {
      const { key, value } = entry;
      if (isSettingKey(key) || isExtension(document, entry)) continue;
      checkSettings(document, `models.${key}`, document.entries(value), report);
    }
  },
};
