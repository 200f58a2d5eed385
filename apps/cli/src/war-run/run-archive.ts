import { loadHere, unloadHere, type Logger } from '@torchweave/application';
import { createParts, type Parts } from '@torchweave/composition';
import {
  defineWorkflow,
  isTorchweaveError,
  manifestPath,
  reviewSpec,
  sourcePlaceOf,
  toTorchweaveError,
} from '@torchweave/domain';
import type { NodeOutput, WorkflowDefinition, WorkflowNode } from '@torchweave/domain';
import { Cancellation } from '@torchweave/kernel';
import { loadSettings } from '@torchweave/platform';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { findModels, type FoundModel } from '../author/find-models.js';
import { packFolder, readFolder } from '../author/pack-folder.js';
import { placedProblem, refusalProblems } from '../author/refusal-problems.js';
import { stageModels } from '../author/stage-models.js';
import type { Environment } from '../environment.js';
import { usageError } from '../output/cli-error.js';
import { withArchive, type ArchiveContents } from '../war/archive-contents.js';
import type { Problem } from '../war/problem.js';
import { textsOf } from '../war/problem-lines.js';
import { PythonChecker } from '../war/python-checker.js';
import { readWorkflow } from '../war/read-workflow.js';
import { validateWorkflow } from '../war/validate.js';
import { readRunInput, type RunInput } from './node-input.js';
import { ToldRunner, type ToldAttempt } from './told-runner.js';

/** What is run, and how. */
export interface ArchiveRun {
  /** An archive, a folder that has the files of one, or one with the sources of a workflow. */
  readonly name: string;
  readonly input: RunInput;
  /** The only node that is to run. */
  readonly node?: string | undefined;
  readonly python?: string | undefined;
  readonly modelStores: readonly string[];
  /** A folder of the caller's own, for everything that is written. */
  readonly data: string;
  readonly environment: Environment;
  readonly logger: Logger;
  readonly tell: (attempt: ToldAttempt) => void;
  /** Ends it; nothing is left running. */
  readonly signal: AbortSignal;
}

/** How it has ended: an answer, or what is wrong with the workflow. */
export type RunOutcome =
  | { readonly answer: NodeOutput }
  | { readonly problems: readonly Problem[]; readonly texts: ReadonlyMap<string, string> };

interface ReadyArchive {
  /** What is run: the same, or packed from its sources. */
  readonly archive: string;
  readonly models: readonly FoundModel[];
  readonly modelStore: string;
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

const sourceDate = new Date(0);

const compilerOf = ({ python, environment }: Pick<ArchiveRun, 'python' | 'environment'>): PythonChecker =>
  PythonChecker.of(python === undefined ? {} : { python }, environment);

async function readyFolder({ name, data, modelStores, ...rest }: ArchiveRun): Promise<ReadyArchive | RunOutcome> {
  const options = { modelStores, output: join(data, 'packed'), sourceDate, python: compilerOf(rest) };
  await mkdir(options.output, { recursive: true });
  const reading = await readFolder(name, options);
  if (reading.problems.length > 0) return { problems: reading.problems, texts: await textsOf(reading.problems) };
  const { archive, modelStore } = await packFolder(reading, options);
  return { archive, models: reading.models, modelStore };
}

async function readyArchive({ name, data, modelStores, ...rest }: ArchiveRun): Promise<ReadyArchive | RunOutcome> {
  const { problems, sources } = await validateWorkflow(name, { python: compilerOf(rest) });
  if (problems.length > 0) return { problems, texts: sources };
  const [[specFile, text] = ['', '']] = [...sources].filter(([file]) => /\.ya?ml$/i.test(file));
  const beside = [name, dirname(name)].flatMap((folder) => [folder, join(folder, 'models')]);
  const search = await findModels(reviewSpec(text, specFile), specFile, [...beside, ...modelStores]);
  if (search.problems.length > 0) return { problems: search.problems, texts: sources };
  const modelStore = join(data, 'model-store');
  await stageModels(search.found, modelStore);
  return { archive: name, models: search.found, modelStore };
}

function onlyNode(definition: WorkflowDefinition, name: string): WorkflowNode {
  const node = definition.nodes.find((each) => each.name === name);
  if (node !== undefined) return node;
  const names = definition.nodes.map((each) => each.name).join(', ');
  throw usageError(`${definition.name} has no node ${name}. It has ${names}.`);
}

function partsFor(
  { data, python, environment, logger }: ArchiveRun,
  modelStore: string,
): Parts & { timeoutMs: number } {
  const given = python ?? environment['TORCHWEAVE_PYTHON'];
  const { settings } = loadSettings({ flags: { dataDir: data, modelStore, python: given }, environment: {} });
  const parts = createParts({ settings, environment, logger, isOneProcess: true });
  return { ...parts, timeoutMs: settings.defaultResponseTimeout * 1_000 };
}

/** What has kept a workflow from being loaded or from answering, as problems of its files; anything else is thrown. */
function problemsOf(thrown: unknown, { name: folder }: ArchiveRun, { models }: ReadyArchive): Problem[] {
  const error = toTorchweaveError(thrown);
  if (isTorchweaveError(error, 'registrationFailed')) return refusalProblems(error.toBody(), { folder, models });
  if (!isTorchweaveError(error, 'nodeFailed') && !isTorchweaveError(error, 'nodeRaised')) throw thrown;
  const { node } = error.data;
  const place = sourcePlaceOf(error);
  const reason = 'reason' in error.data ? error.data.reason : `${error.message} (status ${error.data.status})`;
  const message = `the node ${node} has failed: ${reason}`;
  if (place === undefined) return [{ rule: 'run', message, file: folder }];
  return [placedProblem('run', message, { folder, models }, `__${node}`, place)];
}

/** The text of a file as a problem names it, which may be one of a packed archive. */
async function readNamed(file: string, contents: ArchiveContents, { name }: ArchiveRun): Promise<string | undefined> {
  const path = relative(name, file);
  const inside = path.startsWith('..') ? undefined : await contents.readText(path).catch(() => undefined);
  return inside ?? (await readFile(file, 'utf8').catch(() => undefined));
}

async function run(contents: ArchiveContents, ready: ReadyArchive, archiveRun: ArchiveRun): Promise<RunOutcome> {
  const { manifest, spec } = await readWorkflow(contents);
  const whole = defineWorkflow({ url: archiveRun.name, digest: '', manifest, spec });
  const node = archiveRun.node === undefined ? undefined : onlyNode(whole, archiveRun.node);
  const definition = node === undefined ? whole : { ...whole, nodes: [{ ...node, parents: [], children: [] }] };
  const input = readRunInput(archiveRun.input, node);
  const parts = partsFor(archiveRun, ready.modelStore);
  const ports = { ...parts, responseTimeoutMs: parts.timeoutMs };
  try {
    await parts.modelServers.watchHealth();
    const workflow = await loadHere(ports, definition, contents.directory, archiveRun.signal);
    const runner = new ToldRunner(parts.functions, parts.modelServers, archiveRun.tell);
    archiveRun.signal.throwIfAborted();
    const cancellation = new Cancellation();
    archiveRun.signal.addEventListener('abort', () => cancellation.abort(archiveRun.signal.reason), { once: true });
    const request = { requestId: randomUUID(), headers: {}, input, cancellation };
    return { answer: await runner.execute(workflow, request) };
  } catch (error) {
    archiveRun.signal.throwIfAborted();
    const problems = problemsOf(error, archiveRun, ready);
    return { problems, texts: await textsOf(problems, (file) => readNamed(file, contents, archiveRun)) };
  } finally {
    await unloadHere(ports, definition);
    await parts.close();
  }
}

/**
 * Runs a workflow, or one node of it, on one input: in this process, with the functions and models in processes beside it, without a
 * server.
 *
 * @throws CliError where there is no such archive or node, or the input is none of the node's; the signal's reason; TorchweaveError of what is
 * not the workflow's fault.
 */
export async function runArchive(archiveRun: ArchiveRun): Promise<RunOutcome> {
  const { name } = archiveRun;
  const isFolder = (await stat(name).catch(() => undefined))?.isDirectory() === true;
  const isSources = isFolder && !(await isThere(join(name, manifestPath)));
  const ready = isSources ? await readyFolder(archiveRun) : await readyArchive(archiveRun);
  if (!('archive' in ready)) return ready;
  return withArchive(ready.archive, (contents) => run(contents, ready, archiveRun));
}
