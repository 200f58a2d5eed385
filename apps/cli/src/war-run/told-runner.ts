import { RunWorkflow, type FunctionRuntime, type ModelServerFleet } from '@torchweave/application';
import { toTorchweaveError } from '@torchweave/domain';
import type { NodeInput, NodeOutput, WorkflowNode } from '@torchweave/domain';
import { previewOf } from '../output/preview.js';

/** One attempt of a node, as it is told when it has ended. */
export interface ToldAttempt {
  readonly node: WorkflowNode;
  readonly input: readonly string[];
  readonly ms: number;
  /** Absent where it has failed. */
  readonly output?: string;
  readonly error?: string;
}

/** Shown before the node runs: what it is given goes back when it is done. */
const inputLines = (input: NodeInput): string[] =>
  input.map(({ name, value, contentType }) => {
    const type = contentType === undefined ? '' : ` (${contentType})`;
    return `${name}${type}: ${previewOf(value, true)}`;
  });

type Attempt = Parameters<RunWorkflow['attempt']>;

/** Runs workflows as a gateway does, and tells each attempt of each node. */
export class ToldRunner extends RunWorkflow {
  constructor(
    functions: FunctionRuntime,
    modelServers: ModelServerFleet,
    private readonly tell: (attempt: ToldAttempt) => void,
  ) {
    super(functions, modelServers);
  }

  override async attempt(...[workflow, planned, input, request]: Attempt): Promise<NodeOutput> {
    const { node } = planned;
    const told = inputLines(input);
    const startedAt = performance.now();
    try {
      const output = await super.attempt(workflow, planned, input, request);
      const ms = performance.now() - startedAt;
      this.tell({ node, input: told, ms, output: previewOf(output.value, true) });
      return output;
    } catch (thrown) {
      const ms = performance.now() - startedAt;
      // Another one has failed first, and is told.
      if (!request.cancellation.aborted) this.tell({ node, input: told, ms, error: toTorchweaveError(thrown).message });
      throw thrown;
    }
  }
}
