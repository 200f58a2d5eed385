import { modelNodes, type WorkflowDefinition } from '@torchweave/domain';
import type { WorkflowState } from '../ports/workflow-state.js';
import { recordPages } from './record-pages.js';

/** The digests of the archives that a workflow needs, its own and those of its models, whatever phase it is in. */
export async function usedArchives(state: WorkflowState): Promise<Set<string>> {
  const used = new Set<string>();
  for (const { definition } of await state.unfinished()) addDigests(definition, used);
  for await (const records of recordPages(state)) for (const { definition } of records) addDigests(definition, used);
  return used;
}

function addDigests(definition: WorkflowDefinition, used: Set<string>): void {
  used.add(definition.digest);
  for (const { digest } of modelNodes(definition)) if (digest !== undefined) used.add(digest);
}
