import {
  answerOf,
  isRefused,
  isTorchweaveError,
  modelNameOf,
  nodeKinds,
  placed,
  sourcePlaceOf,
  toTorchweaveError,
  TorchweaveError,
} from '@torchweave/domain';
import type { ErrorData, ExecutionPlan, NodeInput, NodeOutput, PlannedNode, PlanRun } from '@torchweave/domain';
import type { Cancellation, CancellationSignal } from '@torchweave/kernel';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { FunctionCallOptions, FunctionRuntime } from '../ports/function-runtime.js';
import type { RequestSpan, TraceContext } from '../ports/telemetry.js';
import { withTrace } from '../telemetry/trace-context.js';
import { finiteAnswer } from './finite-answer.js';
import type { RunsUnderWay } from './runs-under-way.js';

/** A workflow that a gateway can run: its plan, and the function unit loaded for it (where it has functions). */
export interface RunnableWorkflow {
  readonly name: string;
  readonly version: number;
  readonly revision: number;
  readonly plan: ExecutionPlan;
  readonly functionUnitId?: string;
  /** Where somebody wants to know when the last run has ended. */
  readonly runs?: RunsUnderWay;
}

/** One request to a workflow. */
export interface WorkflowRequest {
  readonly requestId: string;
  /** The client's headers, as functions and models may see them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly input: NodeInput;
  /** Gives the memory of `input` back. Called when no node reads it any more; never where that is not known. */
  readonly releaseInput?: (() => void) | undefined;
  /** Whoever asks aborts it when the client is gone; the run aborts it when a node fails for good. */
  readonly cancellation: Cancellation;
  /** Who observes it, where anybody does. */
  readonly span?: RequestSpan | undefined;
}

/** As long as a model server that does not answer is left alone. */
const retryAfterSeconds = 2;

/** Runs workflows: starts every node the moment its last parent is done, tries again within its budget. */
export class RunWorkflow {
  constructor(
    private readonly functions: FunctionRuntime,
    private readonly modelServers: ModelServerFleet,
  ) {}

  /**
   * @throws TorchweaveError of the first node that failed for good: `nodeFailed`, or `nodeRaised` with the status and
   * message that the node's exception carried. The other nodes are cancelled then.
   */
  async execute(workflow: RunnableWorkflow, request: WorkflowRequest): Promise<NodeOutput> {
    const { cancellation, input, releaseInput } = request;
    workflow.runs?.begin();
    try {
      cancellation.throwIfAborted();
      const run = workflow.plan.begin(input, releaseInput);
      await new Execution(this, workflow, run, request).node(run.start);
      return finiteAnswer(answerOf(workflow.plan, run));
    } catch (error) {
      cancellation.abort(error);
      throw error;
    } finally {
      workflow.runs?.end();
    }
  }

  /**
   * One attempt of one node.
   *
   * @param trace what it goes on with of a trace, instead of what the client sent.
   */
  attempt(
    workflow: RunnableWorkflow,
    { node }: PlannedNode,
    input: NodeInput,
    { requestId, headers: sent, cancellation: signal }: WorkflowRequest,
    trace?: TraceContext,
  ): Promise<NodeOutput> {
    const headers = trace === undefined ? sent : withTrace(sent, trace);
    const options = { requestId, headers, timeoutMs: node.timeoutMs, signal };
    switch (node.kind) {
      case 'model':
        return this.modelServers.infer(node.modelName, input, { ...options, isBatched: node.batchSize > 1 });
      case 'function':
        return this.callFunction(workflow.functionUnitId, node.name, input, options);
    }
  }

  private callFunction(
    unitId: string | undefined,
    node: string,
    input: NodeInput,
    options: FunctionCallOptions,
  ): Promise<NodeOutput> {
    if (unitId !== undefined) return this.functions.call(unitId, node, input, options);
    return Promise.reject(new TorchweaveError('nodeFailed', { node, attempts: 0, reason: 'not loaded' }));
  }

  /** The name of the model server that an error comes from, where it comes from one. */
  placeOf({ data }: TorchweaveError): string | undefined {
    return 'endpoint' in data ? this.modelServers.nameOf(data.endpoint) : undefined;
  }

  /** The error of a node that has failed for good. */
  failure(workflow: string, { node }: PlannedNode, attempts: number, error: TorchweaveError): TorchweaveError {
    const model = modelNameOf(workflow, node.name);
    const place = { node: node.name, model, attempts };
    const options = { cause: error };
    if (isTorchweaveError(error, 'noModelServer')) {
      const data = { ...place, server: 'none', reason: 'there is no model server', retryAfterSeconds };
      return new TorchweaveError('nodeUnavailable', data, options);
    }
    if (isTorchweaveError(error, 'modelServerUnreachable')) {
      const server = this.modelServers.nameOf(error.data.endpoint);
      const data = { ...place, server, reason: error.data.reason, retryAfterSeconds };
      return new TorchweaveError('nodeUnavailable', data, options);
    }
    if (isTorchweaveError(error, 'modelServerLate')) {
      const server = this.modelServers.nameOf(error.data.endpoint);
      const { timeoutMs } = node;
      const data = { ...place, server, reason: `it did not answer within ${timeoutMs} ms`, timeoutMs };
      return new TorchweaveError('nodeTimedOut', data, options);
    }
    const reason = isRefused(error)
      ? refusalOf(model, this.modelServers.nameOf(error.data.endpoint), error.data)
      : reasonOf(error);
    return new TorchweaveError(
      'nodeFailed',
      { node: node.name, attempts, reason, ...serverOf(error), ...placed(sourcePlaceOf(error)) },
      options,
    );
  }
}

/** One request's walk through the plan. */
class Execution {
  constructor(
    private readonly runner: RunWorkflow,
    private readonly workflow: RunnableWorkflow,
    private readonly run: PlanRun,
    private readonly request: WorkflowRequest,
  ) {}

  /** Runs a node, then every child for which it was the last parent. Resolves when all of them are done. */
  async node(planned: PlannedNode): Promise<void> {
    const output = await this.untilDone(planned);
    const { index, node, children } = planned;
    const chosen = children.length === 0 ? undefined : nodeKinds[node.kind].choose(output.value, children);
    const ready = this.run.complete(index, output, chosen);
    const [only] = ready;
    if (only === undefined) return;
    if (ready.length === 1) return this.node(only);
    await Promise.all(ready.map((child) => this.node(child)));
  }

  private async untilDone(planned: PlannedNode): Promise<NodeOutput> {
    const input = this.run.inputOf(planned.index);
    for (let attempt = 1; ; attempt += 1) {
      const startedAt = performance.now();
      const span = this.request.span?.attemptStarted(planned.node, attempt);
      span?.received?.(input);
      try {
        const output = await this.runner.attempt(this.workflow, planned, input, this.request, span?.trace);
        const { waitedMs, place } = output;
        span?.answered?.(output);
        span?.ended({ outcome: 'ok', durationMs: performance.now() - startedAt, waitedMs, place });
        return output;
      } catch (thrown) {
        const error = toTorchweaveError(thrown);
        const outcome = this.request.cancellation.aborted ? 'cancelled' : 'failed';
        const place = this.runner.placeOf(error);
        span?.ended({ outcome, durationMs: performance.now() - startedAt, error, place });
        await this.beforeNextAttempt(planned, error);
      }
    }
  }

  /** Waits for the next attempt's time, or throws the error that ends the run. */
  private async beforeNextAttempt(planned: PlannedNode, error: TorchweaveError): Promise<void> {
    this.request.cancellation.throwIfAborted();
    const raised = asRaised(planned.node.name, error);
    const delayMs = this.run.fail(planned.index);
    const isClientsFault = raised !== undefined && raised.status < 500;
    // What is refused for want of room is not asked for again at once.
    const isOverload = isTorchweaveError(error, 'overloaded');
    if (delayMs === undefined || isClientsFault || isOverload) {
      throw (
        raised ??
        (isOverload
          ? error
          : this.runner.failure(this.workflow.name, planned, this.run.attemptsOf(planned.index), error))
      );
    }
    await delay(delayMs, this.request.cancellation);
  }
}

/** The error to answer with when a function or a model raised an exception that carries a status. */
function asRaised(node: string, error: TorchweaveError): TorchweaveError<'nodeRaised'> | undefined {
  if (isTorchweaveError(error, 'nodeRaised')) return error;
  if (!isTorchweaveError(error, 'modelRaised')) return undefined;
  const { status, message, place } = error.data;
  return new TorchweaveError('nodeRaised', { node, status, message, ...placed(place) });
}

function refusalOf(model: string, server: string, { answered, message }: ErrorData['modelServerRefused']): string {
  return `the model ${model} on the model server ${server} answered${answered === undefined ? '' : ` ${answered}`}: ${message}`;
}

function reasonOf(error: TorchweaveError): string {
  if (isTorchweaveError(error, 'nodeFailed')) return error.data.reason;
  return error.code === 'internal' ? 'internal error, see the server log' : error.message;
}

/** Which model server it was, for the log: an answer names no addresses. */
const serverOf = (error: TorchweaveError): { readonly modelServer?: string } =>
  isRefused(error) ? { modelServer: error.data.endpoint } : {};

function delay(ms: number, signal: CancellationSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      signal.removeEventListener('abort', stopped);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    const stopped = {
      handleEvent: (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
    };
    signal.addEventListener('abort', stopped);
  });
}
