import type { WorkflowDefinition } from '@torchweave/domain';
import { withModelDigests, type ModelArchivePorts } from '../model-archives.js';
import type { Step } from '../saga/step.js';

interface Defined {
  readonly definition: WorkflowDefinition;
}

export const fetchModels: Step<ModelArchivePorts, Defined, Defined, unknown> = {
  name: 'fetch-models',
  title: 'Fetch the models that the spec names by URL',
  run: async ({ ports, signal }, { definition }) => ({
    definition: await withModelDigests(ports, definition, signal),
  }),
};
