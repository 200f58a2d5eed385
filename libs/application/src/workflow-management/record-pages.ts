import { isTorchweaveError } from '@torchweave/domain';
import type { WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';

/** Workflows read from the state at once. */
const pageSize = 200;

export interface RecordPage {
  readonly records: readonly WorkflowRecord[];
  /** How many there are besides that cannot be read. */
  readonly unreadable: number;
}

/** The records of the workflows that are served, a page of the state at a time. One may have changed its phase meanwhile. */
export async function* recordPages(state: WorkflowState): AsyncGenerator<RecordPage> {
  for (let offset = 0; ; offset += pageSize) {
    const page = await state.page(offset, pageSize);
    const found = await Promise.all(page.workflows.map(({ name }) => readableOf(state, name)));
    const records = found.filter((record) => record !== undefined && record !== 'unreadable');
    yield { records, unreadable: found.filter((record) => record === 'unreadable').length };
    if (!page.hasMore) return;
  }
}

/** A workflow, where it can be read. */
export const readableOf = (
  state: WorkflowState,
  workflow: string,
): Promise<WorkflowRecord | 'unreadable' | undefined> => readable(() => state.get(workflow));

/** What `get` gives, where it can be read. */
export async function readable(
  get: () => Promise<WorkflowRecord | undefined>,
): Promise<WorkflowRecord | 'unreadable' | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isTorchweaveError(error, 'workflowUnreadable')) return 'unreadable';
    throw error;
  }
}
