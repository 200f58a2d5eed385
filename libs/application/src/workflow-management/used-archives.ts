import type { WorkflowState } from '../ports/workflow-state.js';
import { recordPages } from './record-pages.js';

/** The digests of the archives that a workflow needs, whatever phase it is in. */
export async function usedArchives(state: WorkflowState): Promise<Set<string>> {
  const used = new Set((await state.unfinished()).map(({ definition }) => definition.digest));
  for await (const records of recordPages(state)) for (const { definition } of records) used.add(definition.digest);
  return used;
}
