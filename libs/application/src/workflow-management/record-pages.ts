import type { WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';

/** Workflows read from the state at once. */
const pageSize = 200;

/** The records of the workflows that are served, a page of the state at a time. One may have changed its phase meanwhile. */
export async function* recordPages(state: WorkflowState): AsyncGenerator<readonly WorkflowRecord[]> {
  for (let offset = 0; ; offset += pageSize) {
    const page = await state.page(offset, pageSize);
    const records = await Promise.all(page.workflows.map(({ name }) => state.get(name)));
    yield records.filter((record) => record !== undefined);
    if (!page.hasMore) return;
  }
}
