import type { Manifest } from '@torchweave/domain';
import { alignColumns, countText, sizeText } from '../output/text.js';
import { listEntries, withArchive, type ArchiveContents, type ArchiveEntry } from './archive-contents.js';
import { readWorkflow } from './read-workflow.js';

/** A model node with its numbers, globals applied; in the words of the spec. */
interface InspectedModel {
  readonly name: string;
  readonly url: string;
  readonly 'min-workers': number;
  readonly 'max-workers': number;
  readonly 'batch-size': number;
  readonly 'max-batch-delay': number;
  readonly 'retry-attempts': number;
  readonly 'timeout-ms': number;
}

/** What `war inspect` tells. */
export interface InspectedArchive {
  readonly file: string;
  /** Absent for a folder. */
  readonly sha256?: string;
  readonly bytes?: number;
  readonly manifest: Manifest;
  readonly entries: readonly ArchiveEntry[];
  readonly models: readonly InspectedModel[];
  readonly functions: readonly string[];
  readonly dag: Readonly<Record<string, readonly string[]>>;
}

async function inspectContents(contents: ArchiveContents): Promise<InspectedArchive> {
  const { manifest, spec, dag } = await readWorkflow(contents);
  const models = spec.models.map((model) => ({
    name: model.name,
    url: model.url,
    'min-workers': model.minWorkers,
    'max-workers': model.maxWorkers,
    'batch-size': model.batchSize,
    'max-batch-delay': model.maxBatchDelay,
    'retry-attempts': model.retryAttempts,
    'timeout-ms': model.timeoutMs,
  }));
  const modelNames = new Set(models.map(({ name }) => name));
  return {
    file: contents.name,
    ...contents.packed,
    manifest,
    entries: await listEntries(contents),
    models,
    functions: dag.nodes.filter((node) => !modelNames.has(node)),
    dag: Object.fromEntries(spec.dag),
  };
}

/**
 * Reads an archive, or a folder that has the files of one.
 *
 * @throws CliError where there is no such file; TorchweaveError of the archive's first fault.
 */
export function inspectArchive(name: string): Promise<InspectedArchive> {
  return withArchive(name, inspectContents);
}

/** Files with their sizes, for people. */
export function entryLines(entries: readonly ArchiveEntry[]): string[] {
  const rows = entries.map(({ path, bytes }) => [path, sizeText(bytes)]);
  return [`${countText(entries.length, 'file')}:`, ...alignColumns(rows).map((row) => `  ${row}`)];
}

/** The facts of a packed file, for people; none for a folder. */
export function packedRows({ sha256, bytes }: { readonly sha256?: string; readonly bytes?: number }): string[][] {
  if (sha256 === undefined || bytes === undefined) return [];
  return [
    ['size', sizeText(bytes)],
    ['sha256', sha256],
  ];
}

/** An inspected archive for people. */
export function inspectionLines(archive: InspectedArchive): string[] {
  const { workflow, createdOn, archiverVersion } = archive.manifest;
  const facts = alignColumns([
    ['workflow', workflow.workflowName],
    ['spec', workflow.specFile],
    ['handler', workflow.handler ?? 'none'],
    ['created on', createdOn],
    ['archiver', archiverVersion],
    ...packedRows(archive),
  ]);
  const models = archive.models.map(({ name, url, ...numbers }) => {
    const settings = Object.entries(numbers).map(([key, value]) => `${key} ${value}`);
    return `  ${name}: ${url}, ${settings.join(', ')}`;
  });
  const dag = Object.entries(archive.dag).map(([node, children]) => `  ${node}: [${children.join(', ')}]`);
  return [
    ...facts,
    ...entryLines(archive.entries),
    `${countText(archive.models.length, 'model')}:`,
    ...models,
    `${countText(archive.functions.length, 'function')}: ${archive.functions.join(', ')}`.replace(/: $/, ''),
    'dag:',
    ...dag,
  ];
}
