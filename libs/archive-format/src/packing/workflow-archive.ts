import { assertWorkflowName, manifestPath, type Manifest } from '@torchweave/domain';
import { basename } from 'node:path';
import { collectExtraFiles, collectFile } from './collect-files.js';
import { createdOn, momentOf } from './manifest.js';
import type { PackEntry } from './pack-entry.js';
import { writeArchive, type ExportOptions } from './write-archive.js';

/** The options of torch-workflow-archiver; paths are of the file system. */
export interface WorkflowArchiveOptions extends ExportOptions {
  readonly workflowName: string;
  /** The YAML file with the models and the dag. */
  readonly specFile: string;
  /** The Python file of the function nodes. */
  readonly handler?: string;
  /** Files and folders, separated by commas. */
  readonly extraFiles?: string;
  /** Further ones, by their paths in the archive. */
  readonly files?: readonly PackEntry[];
  /** Files that are packed unless one of the others has their path. */
  readonly needed?: readonly PackEntry[];
  /** The moment that the manifest tells (default: now). */
  readonly moment?: Date;
}

/**
 * Packs a workflow archive, `<workflowName>.war`, and resolves to its path.
 *
 * @throws TorchweaveError `workflowNameInvalid`, `configurationInvalid`, `archiveEntryRefused`; what the file system
 * throws.
 */
export async function packWorkflowArchive(options: WorkflowArchiveOptions): Promise<string> {
  const { workflowName, specFile, handler, archiverVersion, extraFiles = '', moment = momentOf(options) } = options;
  assertWorkflowName(workflowName);
  const files = [await collectFile(specFile, '--spec-file')];
  if (handler !== undefined) files.push(await collectFile(handler, '--handler'));
  files.push(...(await collectExtraFiles(extraFiles)), ...(options.files ?? []));
  const taken = new Set(files.map(({ path }) => path));
  files.push(...(options.needed ?? []).filter(({ path }) => !taken.has(path)));
  const manifest: Manifest = {
    createdOn: createdOn(moment),
    workflow: {
      workflowName,
      specFile: basename(specFile),
      ...(handler === undefined ? {} : { handler: basename(handler) }),
    },
    archiverVersion,
  };
  return writeArchive({ name: workflowName, suffix: '.war', manifestPath, manifest, files }, options);
}
