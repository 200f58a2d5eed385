import {
  buildDag,
  manifestPath,
  parseManifest,
  parseSpec,
  TorchweaveError,
  type Dag,
  type Manifest,
  type WorkflowSpec,
} from '@torchweave/domain';
import { readFile, stat } from 'node:fs/promises';
import { parse } from 'node:path';
import { withArchive } from './archive-contents.js';
import type { WorkflowFiles } from './workflow-files.js';

/** A workflow without faults in its spec and its graph. */
export interface WorkflowParts {
  readonly spec: WorkflowSpec;
  readonly dag: Dag;
}

/**
 * Reads a workflow as a server does.
 *
 * @throws TorchweaveError of the manifest's, the spec's or the graph's fault.
 */
export async function readWorkflow(files: WorkflowFiles): Promise<WorkflowParts & { readonly manifest: Manifest }> {
  const manifestText = await files.readText(manifestPath);
  if (manifestText === undefined) throw new TorchweaveError('manifestMissing', {});
  const manifest = parseManifest(manifestText);
  const { specFile } = manifest.workflow;
  const specText = await files.readText(specFile);
  if (specText === undefined) throw new TorchweaveError('specFileMissing', { file: specFile });
  const spec = parseSpec(specText, specFile);
  return { manifest, spec, dag: buildDag(spec.dag) };
}

/**
 * Reads a workflow from an archive, a folder or a spec file alone, and names it.
 *
 * @throws as {@link readWorkflow} and {@link withArchive}.
 */
export async function readNamedWorkflow(name: string): Promise<WorkflowParts & { readonly name: string }> {
  if (/\.ya?ml$/i.test(name) && (await stat(name).catch(() => undefined))?.isFile() === true) {
    const spec = parseSpec(await readFile(name, 'utf8'), name);
    return { name: parse(name).name, spec, dag: buildDag(spec.dag) };
  }
  return withArchive(name, async (contents) => {
    const { manifest, spec, dag } = await readWorkflow(contents);
    return { name: manifest.workflow.workflowName, spec, dag };
  });
}
