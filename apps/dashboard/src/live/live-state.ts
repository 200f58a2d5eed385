import type { OperationRow, Overview, WorkflowView } from '@torchweave/dashboard-contract';

/** What the page knows by the event stream, and how fresh it is. */
export interface LiveState {
  readonly connection: 'connecting' | 'live' | 'lost';
  /** ms of this machine's clock: when the connection was lost, and when something last came. */
  readonly lostAt?: number;
  readonly lastAt?: number;
  readonly overview?: Overview;
  /** The last one followed. */
  readonly workflow?: WorkflowView;
  /** The last {@link mostOperations} that changed, newest first. */
  readonly operations: readonly OperationRow[];
}

/** What happens to the stream. */
export type LiveEvent =
  | { readonly type: 'opened' | 'lost' | 'alive'; readonly at: number }
  | { readonly type: 'overview'; readonly at: number; readonly value: Overview }
  | { readonly type: 'workflow'; readonly at: number; readonly value: WorkflowView }
  | { readonly type: 'operation'; readonly at: number; readonly value: OperationRow };

/** A page that stays open for weeks follows no more than these. */
export const mostOperations = 200;

export const nothingYet: LiveState = { connection: 'connecting', operations: [] };

/** What is known after an event. What was known stays when the connection is lost. */
export function afterEvent(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case 'opened':
    case 'alive':
      return { ...withoutLoss(state), connection: 'live', lastAt: event.at };
    case 'lost':
      return { ...state, connection: 'lost', lostAt: state.lostAt ?? event.at };
    case 'overview':
      return { ...fresh(state, event.at), overview: event.value };
    case 'workflow':
      return { ...fresh(state, event.at), workflow: event.value };
    case 'operation':
      return { ...fresh(state, event.at), operations: withOperation(state.operations, event.value) };
  }
}

const fresh = (state: LiveState, at: number): LiveState => ({ ...withoutLoss(state), connection: 'live', lastAt: at });

function withoutLoss({ lostAt: _, ...state }: LiveState): LiveState {
  return state;
}

/** In its place when it is known, else in front. */
export function withOperation(rows: readonly OperationRow[], changed: OperationRow): OperationRow[] {
  const at = rows.findIndex(({ id }) => id === changed.id);
  return at < 0 ? [changed, ...rows].slice(0, mostOperations) : rows.with(at, changed);
}
