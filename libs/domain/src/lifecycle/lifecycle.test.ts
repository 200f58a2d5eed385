import { describe, expect, it } from 'vitest';
import { mayBecome, phases } from './lifecycle.js';

describe('mayBecome', () => {
  const allowed = [
    'registering ready',
    'registering undoing',
    'undoing gone',
    'ready unregistering',
    'unregistering gone',
  ];

  it.each(phases.flatMap((from) => [...phases, 'gone' as const].map((to) => ({ from, to }))))(
    'knows whether $from may become $to',
    ({ from, to }) => {
      expect(mayBecome(from, to)).toBe(allowed.includes(`${from} ${to}`));
    },
  );
});
