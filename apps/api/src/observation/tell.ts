import type { Observation, ObservedPart } from '@torchweave/application';
import type { Overview, WorkflowView } from '@torchweave/dashboard-contract';
import { operationRow, workflowView } from './rows.js';

/** What answers and event streams tell alike. */
export interface Told {
  overview(): Promise<Overview>;
  /** @throws TorchweaveError `workflowNotFound`, `workflowUnreadable`, `stateUnavailable`. */
  workflow(name: string): Promise<WorkflowView>;
}

const now = (): string => new Date().toISOString();

/** @param own what this process tells of itself. */
export const tellOf = (observation: Observation, own: () => readonly ObservedPart[]): Told => ({
  overview: async () => {
    const { operations, ...installation } = await observation.overview(own());
    const recent = operations.recent.map(operationRow);
    return { at: now(), ...installation, operations: { ...operations, recent } };
  },
  workflow: async (name) => workflowView(await observation.workflow(name), now()),
});
