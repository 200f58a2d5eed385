import { isValidName, nameRule, TorchweaveError } from '@torchweave/domain';
import { basename } from 'node:path';
import { collectExtraFiles, collectFile } from './collect-files.js';
import { createdOn, momentOf } from './manifest.js';
import type { PackEntry } from './pack-entry.js';
import { writeArchive, type ExportOptions } from './write-archive.js';

/** The options of torch-model-archiver; paths are of the file system. */
export interface ModelArchiveOptions extends ExportOptions {
  readonly modelName: string;
  readonly version: string;
  /** A Python file, with or without `.py` and `:function`, or the name of a handler that TorchServe brings along. */
  readonly handler: string;
  readonly serializedFile?: string;
  readonly modelFile?: string;
  /** Files and folders, separated by commas. */
  readonly extraFiles?: string;
  /** Further ones, by their paths in the archive. */
  readonly files?: readonly PackEntry[];
  readonly requirementsFile?: string;
  readonly configFile?: string;
  readonly runtime?: 'python' | 'python3' | 'LSP';
  /** The moment that the manifest tells (default: now). */
  readonly moment?: Date;
}

const modelManifestPath = 'MAR-INF/MANIFEST.json';

/** Handlers of TorchServe itself: no file of theirs is packed. */
const builtInHandlers = new Set([
  'base_handler',
  'text_classifier',
  'image_classifier',
  'object_detector',
  'image_segmenter',
  'dali_image_classifier',
  'vllm_handler',
  'trt_llm_handler',
]);
const builtInLspHandlers = new Set(['BaseHandler', 'TorchScriptHandler']);

function handlerFile(handler: string, runtime: string): string | undefined {
  const isLsp = runtime === 'LSP';
  if ((isLsp ? builtInLspHandlers : builtInHandlers).has(handler)) return undefined;
  const path = handler.replace(/:[^:/]*$/, '');
  const suffix = isLsp ? '.so' : '.py';
  return path.endsWith(suffix) ? path : path + suffix;
}

/** The manifest's `model`: the file of each key that is given, by its name alone. */
function modelOf(options: ModelArchiveOptions): object {
  const { modelName, serializedFile, handler, modelFile, version, requirementsFile, configFile } = options;
  const named = (key: string, path: string | undefined): object =>
    path === undefined ? {} : { [key]: basename(path) };
  return {
    modelName,
    ...named('serializedFile', serializedFile),
    handler: basename(handler),
    ...named('modelFile', modelFile),
    modelVersion: version,
    ...named('requirementsFile', requirementsFile),
    ...named('configFile', configFile),
  };
}

/**
 * Packs a model archive, `<modelName>.mar`, and resolves to its path.
 *
 * @throws TorchweaveError `configurationInvalid`, `archiveEntryRefused`; what the file system throws.
 */
export async function packModelArchive(options: ModelArchiveOptions): Promise<string> {
  const {
    modelName,
    handler,
    archiverVersion,
    extraFiles = '',
    runtime = 'python',
    moment = momentOf(options),
  } = options;
  if (!isValidName(modelName)) {
    const rule = `a name: ${nameRule}`;
    throw new TorchweaveError('configurationInvalid', { setting: '--model-name', value: modelName, rule });
  }
  const given: readonly (readonly [string | undefined, string])[] = [
    [options.modelFile, '--model-file'],
    [options.serializedFile, '--serialized-file'],
    [handlerFile(handler, runtime), '--handler'],
    [options.requirementsFile, '--requirements-file'],
    [options.configFile, '--config-file'],
  ];
  const files: PackEntry[] = [];
  for (const [path, flag] of given) if (path !== undefined) files.push(await collectFile(path, flag));
  files.push(...(await collectExtraFiles(extraFiles)), ...(options.files ?? []));
  const manifest = { createdOn: createdOn(moment), runtime, model: modelOf(options), archiverVersion };
  return writeArchive({ name: modelName, suffix: '.mar', manifestPath: modelManifestPath, manifest, files }, options);
}
