import type { WorkflowVersion } from '@torchweave/domain';
import type { Activation } from '../../ports/workflow-versions.js';
import type { ServedFrom } from '../../registration/steps/await-gateways.js';
import type { Step } from '../../registration/saga/step.js';
import type { VersionsPorts } from './reserve-version.js';

interface ToActivate {
  readonly served: WorkflowVersion;
  readonly order: Activation;
}

/** The one act by which all gateways serve it. An operation that watches goes on, and may take it back. */
export const activateVersion: Step<VersionsPorts, ToActivate, ServedFrom, ToActivate> = {
  name: 'activate',
  title: 'Move the pointer to the version',
  isFinal: ({ order }) => order.watchMs === undefined,
  run: async ({ ports: { versions }, run }, { served, order }) => {
    const { revision } = await versions.activate(served, run, order);
    return { workflow: served.workflow, revision };
  },
};
