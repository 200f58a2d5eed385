import type { OperationRow } from '@torchweave/dashboard-contract';
import { describe, expect, it } from 'vitest';
import { operationMs, operationTitle } from './operation-words.js';

const row: OperationRow = {
  id: '1',
  kind: 'register-workflow',
  workflow: 'digits',
  state: 'running',
  createdAt: '2026-11-28T03:00:00Z',
  startedAt: '2026-11-28T03:00:02Z',
  attempts: 1,
  steps: [],
};
const now = Date.parse('2026-11-28T03:00:05Z');

describe('an operation', () => {
  it('is named for what it does, and to what', () => {
    expect(operationTitle(row)).toBe('Register digits');
    expect(operationTitle({ ...row, kind: 'register-version' })).toBe('Update digits');
    expect(operationTitle({ ...row, kind: 'constructor' })).toBe('constructor digits');
  });
  it('has lasted since it was begun, until its end or now', () => {
    expect(operationMs(row, now)).toBe(3_000);
    expect(operationMs({ ...row, finishedAt: '2026-11-28T03:00:03Z' }, now)).toBe(1_000);
    expect(operationMs(row, 0)).toBe(0);
  });
});
