import type { WorkflowState } from '../ports/workflow-state.js';

/** Workflows read from the state at once. */
const pageSize = 200;

/** The digests of the archives that a workflow needs, whatever phase it is in. */
export async function usedArchives(state: WorkflowState): Promise<Set<string>> {
  const used = new Set<string>();
  for (const record of await state.unfinished()) used.add(record.definition.digest);
  for (let offset = 0; ; offset += pageSize) {
    const page = await state.page(offset, pageSize);
    const records = await Promise.all(page.workflows.map(({ name }) => state.get(name)));
    for (const record of records) if (record !== undefined) used.add(record.definition.digest);
    if (!page.hasMore) return used;
  }
}
