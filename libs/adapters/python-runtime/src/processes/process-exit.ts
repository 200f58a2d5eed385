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

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
