import { isMap } from 'yaml';
import { modelKeys, urlFault } from '../../node-kinds/model.js';
import { isValidName, nameRule } from '../../workflow/name.js';
import { isExtension, isExtensionKey } from '../extensions.js';
import { isSettingKey } from '../spec.js';
import type { Entry, Report, SpecDocument, SpecRule } from '../spec-document.js';
import { suggest } from '../suggest.js';

/** More than any real workflow has; each is registered on every model server. */
const maxModels = 1_000;

interface Reports {
  readonly report: Report;
  readonly warn: Report;
}

function checkModel(document: SpecDocument, entry: Entry, { report, warn }: Reports): void {
  const { key: model, keyNode, value } = entry;
  if (isExtension(document, entry)) {
    warn(keyNode, `models.${model} is ignored: it has no url, and so is no model.`);
    return;
  }
  if (!isMap(value)) {
    const hint = suggest(model, modelKeys) || ' A model is a mapping with a url.';
    report(keyNode, `models.${model} is ${document.show(value)}: neither a known setting nor a model.${hint}`);
    return;
  }
  if (!isValidName(model)) report(keyNode, `the model name "${model}" is not valid: ${nameRule}.`);
  const entries = document.entries(value);
  for (const { key, keyNode: at, value: given } of entries) {
    if (modelKeys.includes(key)) continue;
    const hint = isExtensionKey(key) ? '' : suggest(key, modelKeys);
    warn(at, `the unknown key models.${model}.${key} (${document.show(given)}) is ignored.${hint}`);
  }
  const url = entries.find((entry) => entry.key === 'url');
  const fault = url === undefined ? 'is missing' : urlFault(document.scalar(url.value), document.show(url.value));
  if (fault !== undefined) report(url?.value ?? keyNode, `models.${model}.url ${fault}.`);
}

export const modelEntries: SpecRule = {
  name: 'model-entries',
  description:
    'Every key of models is a setting or a model with a url; a misspelt setting must not pass for a model. What a model ' +
    'has besides is ignored, as TorchServe does, with a warning.',
  check(document, report, warn) {
    const models = document.entries(document.section('models')?.value).filter(({ key }) => !isSettingKey(key));
    const beyond = models[maxModels];
    if (beyond !== undefined) report(beyond.keyNode, `there are more than ${maxModels} models.`);
    else for (const entry of models) checkModel(document, entry, { report, warn });
  },
};
