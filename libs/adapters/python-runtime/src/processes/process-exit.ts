import { constants } from 'node:os';

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: number | null;
}

/** Exit code of a process that ended between two calls, as `child.py` has it. */
export const restedExitCode = 75;

/** The end of a process as a person reads it. */
export function describeExit({ code, signal }: ProcessExit): string {
  if (signal === constants.signals.SIGXCPU) return 'the Python process has used up its CPU time';
  if (signal !== null) return `the Python process was killed by ${signalName(signal)}`;
  return code === null ? 'the Python process was lost' : `the Python process ended with exit code ${code}`;
}

/** Signals that a process does not bring on itself: the system's, where memory is short, and an operator's. */
const outerSignals = new Set<number | null>(
  (['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const).map((name) => constants.signals[name]),
);

/** True for an end that the process's own code is probably not the cause of. */
export function isFromOutside({ code, signal }: ProcessExit): boolean {
  return code === null && (signal === null || outerSignals.has(signal));
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
