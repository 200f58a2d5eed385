import {
  defineWorkflow,
  manifestPath,
  parseManifest,
  TorchweaveError,
  type WorkflowDefinition,
  type WorkflowSpec,
} from '@torchweave/domain';
import type { RegistrationPayload } from '../../job-catalogue/payloads.js';
import type { ArchiveStore } from '../../ports/archive-store.js';
import type { Logger } from '../../ports/logger.js';
import type { SpecReader } from '../../ports/spec-reader.js';
import { assertProbeFiles } from '../../probing/send-probe.js';
import { forgetUnusable, type ForgetPorts } from '../forget-unusable.js';
import type { Step } from '../saga/step.js';

export interface ReadArchivePorts extends ForgetPorts {
  readonly archives: ArchiveStore;
  readonly specs: SpecReader;
  readonly logger: Logger;
}

interface ArchiveToRead extends Pick<RegistrationPayload, 'url' | 'workflowName'> {
  readonly digest: string;
}

export const readArchive: Step<ReadArchivePorts, ArchiveToRead, { readonly definition: WorkflowDefinition }, unknown> =
  {
    name: 'read-archive',
    title: 'Read the manifest and the spec, and check them',
    run: async ({ ports, run: { operationId } }, archive) => {
      try {
        return { definition: await read(ports, archive, operationId) };
      } catch (error) {
        await forgetUnusable(ports, archive.digest, error);
        throw error;
      }
    },
  };

async function read(
  ports: ReadArchivePorts,
  { url, workflowName, digest }: ArchiveToRead,
  operationId: string,
): Promise<WorkflowDefinition> {
  const archive = await ports.archives.open(digest);
  const manifestText = await archive.readText(manifestPath);
  if (manifestText === undefined) throw new TorchweaveError('manifestMissing', {});
  const manifest = parseManifest(manifestText, workflowName);
  const { specFile, workflowName: workflow } = manifest.workflow;
  const specText = await archive.readText(specFile);
  if (specText === undefined) throw new TorchweaveError('specFileMissing', { file: specFile });
  const spec = await readSpec(ports, specText, specFile, { workflow, operationId });
  if (spec.probe !== undefined) await assertProbeFiles(archive, spec.probe);
  return defineWorkflow({ url, digest, manifest, spec });
}

/** What TorchServe ignores without a word is told here: its author may have meant something by it. */
async function readSpec(
  { specs, logger }: ReadArchivePorts,
  text: string,
  file: string,
  event: object,
): Promise<WorkflowSpec> {
  const reading = await specs.inspect(text, file);
  const { warnings } = reading;
  if (warnings.length > 0) logger.warn({ ...event, warnings }, 'a spec has what is ignored');
  if ('problems' in reading) throw new TorchweaveError('specInvalid', { problems: reading.problems });
  return reading.spec;
}
