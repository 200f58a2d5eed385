import type { SpecProblem } from '../errors/catalogue.js';
import { TorchweaveError } from '../errors/torchweave-error.js';
import { specRules } from './rules/index.js';
import { defaultNodeSettings, isSettingKey, settingKeys, type ModelSpec, type NodeSettings } from './spec.js';
import type { WorkflowSpec } from './spec.js';
import { SpecDocument, type Entry } from './spec-document.js';

/** More would help nobody, and problems travel with the error. */
const maxProblems = 100;

/** What reading a spec file found: the spec, or every problem it has. */
export type SpecReading = { readonly spec: WorkflowSpec } | { readonly problems: readonly SpecProblem[] };

function readSettings(document: SpecDocument, entries: Entry[], fallback: NodeSettings): NodeSettings {
  const settings = { ...fallback };
  for (const { key, value } of entries) {
    if (isSettingKey(key)) settings[settingKeys[key].field] = document.scalar(value) as number;
  }
  // A spec that raises min-workers alone means at least that many.
  return { ...settings, maxWorkers: Math.max(settings.maxWorkers, settings.minWorkers) };
}

function readSpec(document: SpecDocument): WorkflowSpec {
  const modelEntries = document.entries(document.section('models')?.value);
  const globals = readSettings(document, modelEntries, defaultNodeSettings);
  const models = modelEntries
    .filter(({ key }) => !isSettingKey(key))
    .map(({ key, value }): ModelSpec => {
      const entries = document.entries(value);
      const url = entries.find((entry) => entry.key === 'url');
      return {
        ...readSettings(document, entries, globals),
        name: key,
        url: document.scalar(url?.value) as string,
      };
    });
  const dag = new Map(
    document.entries(document.section('dag')?.value).map(({ key, value }) => {
      const children = document.items(value).map((item) => document.scalar(item));
      return [
        key,
        children.filter((child): child is string => typeof child === 'string' && child.trim() !== ''),
      ] as const;
    }),
  );
  return { globals, models, dag };
}

/**
 * Reads a spec file and tells everything that is wrong with it.
 *
 * @param file the name that problems carry.
 */
export function inspectSpec(text: string, file: string): SpecReading {
  const document = new SpecDocument(text, file);
  if (document.syntaxProblems.length > 0) return { problems: document.syntaxProblems };
  const problems: SpecProblem[] = [];
  for (const rule of specRules) {
    rule.check(document, (at, message) => problems.push(document.problem(rule.name, at, message)));
  }
  return problems.length > 0 ? { problems: problems.slice(0, maxProblems) } : { spec: readSpec(document) };
}

/**
 * Reads a spec file.
 *
 * @throws TorchweaveError `specInvalid` with every problem of the file.
 */
export function parseSpec(text: string, file: string): WorkflowSpec {
  const reading = inspectSpec(text, file);
  if ('problems' in reading) throw new TorchweaveError('specInvalid', { problems: reading.problems });
  return reading.spec;
}
