import type { WorkflowState } from '../ports/workflow-state.js';
import { recordPages } from './record-pages.js';

/** Which archives workflows need. */
export interface UsedArchives {
  /** False only for an archive that no workflow needs: one that cannot be read may need any. */
  mayHave(digest: string): boolean;
}

/** The archives that a workflow needs, whatever phase it is in. */
export async function usedArchives(state: WorkflowState): Promise<UsedArchives> {
  const { records, unreadable } = await state.unfinished();
  const used = new Set(records.map(({ definition }) => definition.digest));
  let isComplete = unreadable.length === 0;
  for await (const page of recordPages(state)) {
    for (const { definition } of page.records) used.add(definition.digest);
    isComplete &&= page.unreadable === 0;
  }
  return { mayHave: (digest) => !isComplete || used.has(digest) };
}
