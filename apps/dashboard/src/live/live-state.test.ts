import type { OperationRow, Overview } from '@torchweave/dashboard-contract';
import { describe, expect, it } from 'vitest';
import { afterEvent, mostOperations, nothingYet, withOperation, type LiveEvent } from './live-state.js';

const overview = { at: '2026-11-28T03:00:00Z' } as Overview;
const operation = (id: string, state: OperationRow['state'] = 'running'): OperationRow => ({
  id,
  kind: 'register-workflow',
  state,
  createdAt: '2026-11-28T03:00:00Z',
  attempts: 1,
  steps: [],
});
const after = (...events: LiveEvent[]) => events.reduce(afterEvent, nothingYet);

describe('what is known live', () => {
  it('is told with its age when the connection is lost, and is kept', () => {
    const state = after({ type: 'overview', at: 1, value: overview }, { type: 'lost', at: 5 }, { type: 'lost', at: 9 });
    expect(state).toMatchObject({ connection: 'lost', lostAt: 5, lastAt: 1, overview });
  });

  it('is fresh again with the first event', () => {
    const state = after({ type: 'lost', at: 5 }, { type: 'overview', at: 8, value: overview });
    expect(state).toEqual({ connection: 'live', lastAt: 8, overview, operations: [] });
  });

  it('has an operation once, in its place', () => {
    const rows = [operation('b'), operation('a')];
    expect(withOperation(rows, operation('a', 'failed')).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'b running',
      'a failed',
    ]);
    expect(withOperation(rows, operation('c'))[0]?.id).toBe('c');
  });

  it('does not grow without end', () => {
    const events = Array.from({ length: mostOperations + 5 }, (_, at): LiveEvent => ({
      type: 'operation',
      at,
      value: operation(String(at)),
    }));
    expect(after(...events).operations).toHaveLength(mostOperations);
  });
});
