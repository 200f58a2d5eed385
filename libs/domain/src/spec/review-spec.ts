import type { Adjacency } from '../dag/dag.js';
import { findDagFaults, type DagFault } from '../dag/dag-faults.js';
import type { SpecProblem } from '../errors/catalogue/archive-errors.js';
import type { Place } from './line-starts.js';
import { modelNames } from './model-names.js';
import { inspectDocument, readDag } from './parse-spec.js';
import { SpecDocument } from './spec-document.js';

/** A model of a spec, and where its `url` stands. */
interface ReviewedModel extends Place {
  readonly name: string;
  readonly url: string;
}

/** A file of the archive that the probe names, and where. */
export interface ProbeFile extends Place {
  readonly path: string;
  /** It is compared with the answer. */
  readonly isJson: boolean;
}

/** Everything that can be told of a spec file. */
export interface SpecReview {
  /** Those of the rules, as registration tells them, then those of the graph, of which registration tells the first. */
  readonly problems: readonly SpecProblem[];
  /** What is taken and ignored. */
  readonly warnings: readonly SpecProblem[];
  /** Nodes that are not under models, as far as they can be made out. */
  readonly functions: readonly string[];
  /** None where the file breaks a rule. */
  readonly models: readonly ReviewedModel[];
  /** Files that a probe needs. None where the file breaks a rule. */
  readonly probe: readonly ProbeFile[];
  /** Where the key `dag` stands, or the file begins. */
  readonly dag: Place;
}

/** With one of these broken, what can be read of the graph is not what its author means. */
const rulesOfTheGraph = new Set([
  'yaml',
  'known-sections',
  'models-mapping',
  'text-keys',
  'dag-adjacency',
  'node-names',
]);

/** The problems of the graph, each at the edge or node at fault. */
function reviewGraph(document: SpecDocument, graph: Adjacency): SpecProblem[] {
  const dag = document.section('dag');
  const entries = document.entries(dag?.value);
  const at = ({ from, to }: DagFault) => {
    const entry = entries.find(({ key }) => key === from);
    // An edge that is named twice is told where it is named the second time.
    const edge = document.items(entry?.value).findLast((item) => document.scalar(item) === to);
    return edge ?? entry?.keyNode ?? dag?.keyNode;
  };
  return findDagFaults(graph).map((fault) => document.problem('dag', at(fault), fault.message));
}

/**
 * Tells everything that is wrong with a spec file, by the rules and in its graph.
 *
 * @param file the name that problems carry.
 */
export function reviewSpec(text: string, file: string): SpecReview {
  const document = new SpecDocument(text, file);
  const reading = inspectDocument(document);
  const broken = 'problems' in reading ? reading.problems : [];
  const { warnings } = reading;
  if (broken.some(({ rule }) => rulesOfTheGraph.has(rule))) {
    return { problems: broken, warnings, functions: [], models: [], probe: [], dag: { line: 1, column: 1 } };
  }
  const names = modelNames(document);
  const graph = readDag(document);
  const nodes = new Set([...graph].flatMap(([node, children]) => [node, ...children]));
  return {
    problems: [...broken, ...reviewGraph(document, graph)],
    warnings,
    functions: [...nodes].filter((node) => !names.has(node)),
    models:
      'spec' in reading
        ? reading.spec.models.map(({ name, url }) => ({ name, url, ...placeOfUrl(document, name) }))
        : [],
    probe: 'spec' in reading ? probeFiles(document) : [],
    dag: document.placeOf(document.section('dag')?.keyNode),
  };
}

function probeFiles(document: SpecDocument): ProbeFile[] {
  const value = document.section('probe')?.value;
  const ofMapping = document.entries(value).filter(({ key }) => key === 'file' || key === 'answer');
  const named = [{ key: 'file', value: value ?? null }, ...ofMapping];
  return named.flatMap((each) => {
    const path = document.scalar(each.value);
    if (typeof path !== 'string') return [];
    return [{ path, isJson: each.key === 'answer', ...document.placeOf(each.value) }];
  });
}

function placeOfUrl(document: SpecDocument, model: string): Place {
  const entry = document.entries(document.section('models')?.value).find(({ key }) => key === model);
  const url = document.entries(entry?.value).find(({ key }) => key === 'url');
  return document.placeOf(url?.value ?? entry?.keyNode);
}
