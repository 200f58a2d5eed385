import type { ProcessLimits } from '../options.js';

/** What a process is to load; the Python side reads it from the control frame. */
export type Loadable = FunctionsSpec | ModelSpec;

/** The functions of one workflow version. */
interface FunctionsSpec {
  readonly kind: 'functions';
  readonly directory: string;
  readonly manifest: object;
  readonly handlerFile: string;
  readonly functions: readonly { readonly name: string; readonly modelName: string }[];
}

/** A model of a `.mar` archive. */
interface ModelSpec {
  readonly kind: 'model';
  readonly directory: string;
  readonly modelName: string;
  readonly batchSize: number;
}

/** Who a process's output is from, for the log. */
export interface ProcessOwner {
  readonly workflow?: string;
  readonly version?: number;
  readonly model?: string;
}

/** Sent to the supervisor: the loadable thing, and what is the same for all processes. */
export type ProcessSpec = Loadable & {
  readonly serverVersion: string;
  readonly maxResponseBytes: number;
  readonly logBytesPerSecond: number;
  readonly limits: ProcessLimits;
};
