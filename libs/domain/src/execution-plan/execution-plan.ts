import type { WorkflowDefinition, WorkflowNode } from '../workflow/definition.js';
import type { InputField, NodeInput, NodeOutput } from './node-io.js';

/** A node as a run sees it: by index, so that a run allocates arrays and nothing else. */
export interface PlannedNode {
  readonly index: number;
  readonly node: WorkflowNode;
  readonly children: readonly number[];
  readonly parents: readonly number[];
}

/** ms before the second, third, … attempt. */
const firstBackoff = 10;
const longestBackoff = 1_000;

/** A workflow compiled for execution; shared by all its runs. */
export class ExecutionPlan {
  readonly nodes: readonly PlannedNode[];
  /** Indexes of the nodes without children, in the plan's order. */
  readonly leaves: readonly number[];

  constructor(workflow: WorkflowDefinition) {
    const indexes = new Map(workflow.nodes.map((node, index) => [node.name, index]));
    const indexesOf = (names: readonly string[]): number[] => names.map((name) => indexes.get(name) as number);
    this.nodes = workflow.nodes.map((node, index) => ({
      index,
      node,
      children: indexesOf(node.children),
      parents: indexesOf(node.parents),
    }));
    this.leaves = this.nodes.filter((planned) => planned.children.length === 0).map((planned) => planned.index);
  }

  /**
   * A fresh run for one request.
   *
   * @param releaseRequest gives the memory of the request back.
   */
  begin(request: NodeInput, releaseRequest?: () => void): PlanRun {
    return new PlanRun(this, request, releaseRequest);
  }
}

/**
 * The state of one request on its way through the DAG: which nodes may run now, what each receives and how often it
 * may be tried. Pure: whoever drives it runs the nodes and reports back.
 */
export class PlanRun {
  private readonly waitingFor: number[];
  private readonly failures: number[];
  private readonly outputs: (NodeOutput | undefined)[];
  private unfinished: number;

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly request: NodeInput,
    private readonly releaseRequest?: () => void,
  ) {
    this.waitingFor = plan.nodes.map((planned) => planned.parents.length);
    this.failures = plan.nodes.map(() => 0);
    this.outputs = plan.nodes.map(() => undefined);
    this.unfinished = plan.nodes.length;
  }

  /** The start node: nodes are sorted, so it is the first. */
  get start(): PlannedNode {
    return this.nodeAt(0);
  }

  get isComplete(): boolean {
    return this.unfinished === 0;
  }

  /** Records a node's output and returns the children that may run now, in the spec's order. */
  complete(index: number, output: NodeOutput): PlannedNode[] {
    if (this.outputs[index] !== undefined) return [];
    this.outputs[index] = output;
    this.unfinished -= 1;
    this.releaseReadBy(this.nodeAt(index));
    const ready: PlannedNode[] = [];
    for (const child of this.nodeAt(index).children) {
      const left = (this.waitingFor[child] as number) - 1;
      this.waitingFor[child] = left;
      if (left === 0) ready.push(this.nodeAt(child));
    }
    return ready;
  }

  /** Records a failed attempt: ms to wait before the next one, or undefined when the node's budget is spent. */
  fail(index: number): number | undefined {
    const failures = (this.failures[index] as number) + 1;
    this.failures[index] = failures;
    if (failures > this.nodeAt(index).node.retryAttempts) return undefined;
    return Math.min(firstBackoff * 2 ** (failures - 1), longestBackoff);
  }

  /** Attempts that a node has failed so far. */
  attemptsOf(index: number): number {
    return this.failures[index] as number;
  }

  /**
   * What a node receives (`ensemble/DagExecutor.java`): the request for the start node, `body` from a single parent,
   * one field per parent, named after it, from several.
   */
  inputOf(index: number): NodeInput {
    const { parents } = this.nodeAt(index);
    if (parents.length === 0) return this.request;
    const field = (name: string, parent: number): InputField => ({ name, value: this.outputOf(parent).value });
    if (parents.length === 1) return [field('body', parents[0] as number)];
    return parents.map((parent) => field(this.nodeAt(parent).node.name, parent));
  }

  /** The output of a completed node. */
  outputOf(index: number): NodeOutput {
    const output = this.outputs[index];
    if (output === undefined) throw new Error(`node ${this.nodeAt(index).node.name} has no output yet`);
    return output;
  }

  /**
   * Gives back the memory of what nobody but this node had yet to read. Not once an attempt has failed: what it was given may
   * still be on its way to whoever was to do it.
   */
  private releaseReadBy({ parents }: PlannedNode): void {
    if (this.failures.some((failures) => failures > 0)) return;
    if (parents.length === 0) this.releaseRequest?.();
    for (const parent of parents) {
      const isRead = this.nodeAt(parent).children.every((child) => this.outputs[child] !== undefined);
      if (isRead) this.outputOf(parent).release?.();
    }
  }

  private nodeAt(index: number): PlannedNode {
    return this.plan.nodes[index] as PlannedNode;
  }
}
