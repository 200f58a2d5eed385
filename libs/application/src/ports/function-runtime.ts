import type { Manifest, NodeInput, NodeOutput } from '@torchweave/domain';
import type { CancellationSignal } from '@torchweave/kernel';

/** The function nodes of one workflow version. */
export interface FunctionUnit {
  /** Unique for workflow and registration: two versions of one workflow can be loaded side by side. */
  readonly id: string;
  readonly workflow: string;
  /** The version of the workflow, which log lines tell. */
  readonly version?: number;
  readonly manifest: Manifest;
  /** The unpacked archive. */
  readonly directory: string;
  /** The Python file of the functions, relative to `directory`. */
  readonly handlerFile: string;
  /** Function names, each with the `context.model_name` it sees. */
  readonly functions: readonly { readonly name: string; readonly modelName: string }[];
}

export interface FunctionCallOptions {
  readonly requestId: string;
  /** The client's headers, as `context.get_request_header` tells them. */
  readonly headers: Readonly<Record<string, string>>;
  /** ms from the call; when they are over the call rejects and a process that is stuck in it is replaced. */
  readonly timeoutMs: number;
  readonly signal: CancellationSignal;
}

/** Runs the Python functions of archives, `f(data, context)`. */
export interface FunctionRuntime {
  /**
   * Loads the handler file and calls every function once with `None`, as TorchServe does.
   *
   * @throws TorchweaveError `functionLoadFailed` with Python's own sentence for the first function that does not load.
   */
  load(unit: FunctionUnit): Promise<void>;
  /** Takes no new calls for the unit, lets those under way end, and ends its processes. Unknown units are no error. */
  unload(unitId: string): Promise<void>;
  /**
   * Calls one function with a list of one dict. When it resolves, nothing reads the input any more, nor shares the
   * output any of its memory.
   *
   * @throws TorchweaveError `nodeRaised` for an exception that carries a status (`error_code`), else `nodeFailed`
   * with the reason in its data.
   */
  call(unitId: string, functionName: string, input: NodeInput, options: FunctionCallOptions): Promise<NodeOutput>;
  /** Ends every process. */
  close(): Promise<void>;
}
