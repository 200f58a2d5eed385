import { inspectSpec, type Adjacency, type SpecReading, type WorkflowSpec } from '@torchweave/domain';
import { findDagFaults } from './dag-faults.js';
import type { Problem } from './problem.js';
import { SpecPlaces, type DagEntry } from './spec-places.js';

/** What is wrong with a spec file, and what others need to know of it. */
export interface SpecCheck {
  readonly problems: readonly Problem[];
  /** What is taken and ignored. */
  readonly warnings: readonly Problem[];
  /** Nodes that are not under models, as far as they can be made out. */
  readonly functions: readonly string[];
  /** Absent where the file breaks a rule. */
  readonly spec?: WorkflowSpec;
  readonly places: SpecPlaces;
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

/** The graph of the checked spec; of a spec with faults elsewhere the graph that its text shows. */
function readGraph(reading: SpecReading, places: SpecPlaces): Adjacency | undefined {
  if ('spec' in reading) return reading.spec.dag;
  if (reading.problems.some(({ rule }) => rulesOfTheGraph.has(rule))) return undefined;
  const entries = places.dagEntries();
  if (entries.some(({ node }) => node === '<<')) return undefined;
  const namesOf = ({ children }: DagEntry): string[] =>
    children.map(({ name }) => name).filter((name) => name.trim() !== '');
  return new Map(entries.map((entry) => [entry.node, namesOf(entry)]));
}

function checkGraph(graph: Adjacency, file: string, places: SpecPlaces): Problem[] {
  const entries = places.dagEntries();
  return findDagFaults(graph).map(({ message, from, to }) => {
    const entry = entries.find(({ node }) => node === from);
    // An edge that is named twice is told where it is named the second time.
    const at = entry?.children.findLast(({ name }) => name === to)?.at ?? entry?.at ?? places.dag;
    return { rule: 'dag', message, file, ...at };
  });
}

/**
 * Finds everything that is wrong with a spec file: the rules, and the graph by itself.
 *
 * @param file the name that problems carry.
 */
export function checkSpec(text: string, file: string): SpecCheck {
  const reading = inspectSpec(text, file);
  const { warnings } = reading;
  const places = new SpecPlaces(text);
  const graph = readGraph(reading, places);
  if (graph === undefined) {
    return { problems: 'problems' in reading ? reading.problems : [], warnings, functions: [], places };
  }
  const models = new Set('spec' in reading ? reading.spec.models.map(({ name }) => name) : places.modelKeys());
  const nodes = new Set([...graph].flatMap(([node, children]) => [node, ...children]));
  const functions = [...nodes].filter((node) => !models.has(node));
  const faults = checkGraph(graph, file, places);
  if ('spec' in reading) return { problems: faults, warnings, functions, spec: reading.spec, places };
  return { problems: [...reading.problems, ...faults], warnings, functions, places };
}
