import { isMap } from 'yaml';
import { isValidName, nameRule } from '../../workflow/name.js';
import { isSettingKey, settingKeys } from '../spec.js';
import type { Entry, Report, SpecDocument, SpecRule } from '../spec-document.js';

const modelKeys = ['url', ...Object.keys(settingKeys)];

function suggest(key: string): string {
  const spelled = key.replaceAll('_', '-').toLowerCase();
  return modelKeys.includes(spelled) ? ` Did you mean ${spelled}?` : '';
}

function checkModel(document: SpecDocument, { key: model, keyNode, value }: Entry, report: Report): void {
  if (!isMap(value)) {
    const hint = suggest(model) || ' A model is a mapping with a url.';
    report(keyNode, `models.${model} is ${document.show(value)}: neither a known setting nor a model.${hint}`);
    return;
  }
  if (!isValidName(model)) report(keyNode, `the model name "${model}" is not valid: ${nameRule}.`);
  const entries = document.entries(value);
  for (const { key, keyNode: at, value: given } of entries) {
    if (modelKeys.includes(key)) continue;
    report(at, `unknown key models.${model}.${key} (${document.show(given)}).${suggest(key)}`);
  }
  const url = entries.find((entry) => entry.key === 'url');
  const found = document.scalar(url?.value);
  if (typeof found === 'string' && found.trim() !== '') return;
  const problem = url === undefined ? 'is missing' : `must be a file name or URL, not ${document.show(url.value)}`;
  report(url?.value ?? keyNode, `models.${model}.url ${problem}.`);
}

export const modelEntries: SpecRule = {
  name: 'model-entries',
  description: 'Every key of models is a setting or a model with a url; a misspelt setting must not pass for a model.',
  check(document, report) {
    for (const entry of document.entries(document.section('models')?.value)) {
      if (!isSettingKey(entry.key)) checkModel(document, entry, report);
    }
  },
};
