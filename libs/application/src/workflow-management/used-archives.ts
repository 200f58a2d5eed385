import { modelNodes, type WorkflowDefinition } from '@torchweave/domain';
import type { WorkflowState } from '../ports/workflow-state.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { recordPages } from './record-pages.js';

/** Which archives workflows need. */
export interface UsedArchives {
  /** False only for an archive that no workflow needs: one that cannot be read may need any. */
  mayHave(digest: string): boolean;
}

/** The archives that workflows need in all of their versions, their own and those of their models, whatever phase they are in. */
export async function usedArchives(
  state: WorkflowState,
  versions: Pick<WorkflowVersions, 'definitions'>,
): Promise<UsedArchives> {
  const { records, unreadable } = await state.unfinished();
  const used = new Set<string>();
  for (const { definition } of records) addDigests(definition, used);
  let isComplete = unreadable.length === 0;
  for await (const page of recordPages(state)) {
    for (const { definition } of page.records) addDigests(definition, used);
    const beside = await versions.definitions(page.records.map(({ definition }) => definition.name));
    for (const definition of beside.definitions) addDigests(definition, used);
    isComplete &&= page.unreadable + beside.unreadable === 0;
  }
  return { mayHave: (digest) => !isComplete || used.has(digest) };
}

function addDigests(definition: WorkflowDefinition, used: Set<string>): void {
  used.add(definition.digest);
  for (const { digest } of modelNodes(definition)) if (digest !== undefined) used.add(digest);
}
