import type { Adjacency } from '../dag/dag.js';
import type { SpecProblem } from '../errors/catalogue/archive-errors.js';
import { TorchweaveError } from '../errors/torchweave-error.js';
import { readProbe } from '../probe/read-probe.js';
import { isExtension } from './extensions.js';
import { specRules } from './rules/index.js';
import { defaultNodeSettings, isSettingKey, settingKeys, type ModelSpec, type NodeSettings } from './spec.js';
import type { WorkflowSpec } from './spec.js';
import { SpecDocument, TooMuchMergedError, type Entry } from './spec-document.js';

/** More would help nobody, and problems travel with the error. */
const maxProblems = 100;

/** What reading a spec file found: the spec, or every problem it has. */
export type SpecReading = ({ readonly spec: WorkflowSpec } | { readonly problems: readonly SpecProblem[] }) & {
  /** What is taken and ignored, as TorchServe does, though its author may have meant something by it. */
  readonly warnings: readonly SpecProblem[];
};

/** Thrown when there is no need to look for more. */
class EnoughProblemsError extends Error {}

function readSettings(document: SpecDocument, entries: Entry[], fallback: NodeSettings): NodeSettings {
  const settings = { ...fallback };
  for (const { key, value } of entries) {
    if (isSettingKey(key)) settings[settingKeys[key].field] = document.scalar(value) as number;
  }
  // A spec that raises min-workers alone means at least that many.
  return { ...settings, maxWorkers: Math.max(settings.maxWorkers, settings.minWorkers) };
}

/** The graph as far as it can be made out; of a spec that obeys the rules all of it. */
export function readDag(document: SpecDocument): Adjacency {
  return new Map(
    document.entries(document.section('dag')?.value).map(({ key, value }) => {
      const children = document.items(value).map((item) => document.scalar(item));
      return [key, children.filter((child): child is string => typeof child === 'string' && child.trim() !== '')];
    }),
  );
}

function readSpec(document: SpecDocument): WorkflowSpec {
  const modelEntries = document.entries(document.section('models')?.value);
  const globals = readSettings(document, modelEntries, defaultNodeSettings);
  const models = modelEntries
    .filter((entry) => !isSettingKey(entry.key) && !isExtension(document, entry))
    .map(({ key, value }): ModelSpec => {
      const entries = document.entries(value);
      const url = entries.find((entry) => entry.key === 'url');
      return {
        ...readSettings(document, entries, globals),
        name: key,
        url: document.scalar(url?.value) as string,
      };
    });
  const probe = readProbe(document);
  return { globals, models, dag: readDag(document), ...(probe === undefined ? {} : { probe }) };
}

interface Findings {
  readonly problems: SpecProblem[];
  readonly warnings: SpecProblem[];
}

/** @throws EnoughProblemsError, TooMuchMergedError */
function checkRules(document: SpecDocument, { problems, warnings }: Findings): void {
  for (const rule of specRules) {
    rule.check(
      document,
      (at, message) => {
        problems.push(document.problem(rule.name, at, message));
        if (problems.length >= maxProblems) throw new EnoughProblemsError();
      },
      (at, message) => {
        if (warnings.length < maxProblems) warnings.push(document.problem(rule.name, at, message));
      },
    );
  }
}

/** What {@link inspectSpec} finds in a file that is read already. */
export function inspectDocument(document: SpecDocument): SpecReading {
  if (document.syntaxProblems.length > 0) return { problems: document.syntaxProblems, warnings: [] };
  const findings: Findings = { problems: [], warnings: [] };
  try {
    checkRules(document, findings);
  } catch (error) {
    if (error instanceof TooMuchMergedError) return { problems: [error.problem], warnings: [] };
    if (!(error instanceof EnoughProblemsError)) throw error;
  }
  const { problems, warnings } = findings;
  return problems.length > 0 ? { problems, warnings } : { spec: readSpec(document), warnings };
}

/**
 * Reads a spec file and tells everything that is wrong with it by itself, up to a hundred problems. Its graph is not looked at.
 *
 * @param file the name that problems carry.
 */
export const inspectSpec = (text: string, file: string): SpecReading => inspectDocument(new SpecDocument(text, file));

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
