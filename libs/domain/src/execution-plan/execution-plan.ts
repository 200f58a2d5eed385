import { nodeKinds, type WorkflowNode } from '../node-kinds/node-kinds.js';
import type { WorkflowDefinition } from '../workflow/definition.js';
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
  /** Nodes that did not choose all of their children, and nodes that are skipped; absent while there are none. */
  private choices: Map<number, readonly number[]> | undefined;
  private skipped: Set<number> | undefined;

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

  /**
   * Records a node's output and returns the children that may run now, in the spec's order.
   *
   * A child runs when all of its parents have ended and one of them has chosen it; when none has, it is skipped, and so on down.
   *
   * @param chosen the children that are to run, at least one where there are any; all of them without it.
   */
  complete(index: number, output: NodeOutput, chosen?: readonly number[]): PlannedNode[] {
    if (this.outputs[index] !== undefined) return [];
    const { children } = this.nodeAt(index);
    if (chosen !== undefined && children.length > 0) this.choose(index, chosen);
    this.outputs[index] = output;
    this.unfinished -= 1;
    this.releaseReadBy(this.nodeAt(index));
    const ready: PlannedNode[] = [];
    this.parentEnded(children, ready);
    return ready;
  }

  /** Whether no parent has chosen the node; known when all of them have ended. */
  isSkipped(index: number): boolean {
    return this.skipped?.has(index) === true;
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
   * What a node receives: the request for the start node, one field per parent that has chosen it for every other, named as its
   * kind has it.
   */
  inputOf(index: number): NodeInput {
    const { node, parents } = this.nodeAt(index);
    if (parents.length === 0) return this.request;
    const { inputField } = nodeKinds[node.kind];
    const field = (parent: number): InputField => ({
      name: inputField(this.nodeAt(parent).node.name, parents.length),
      value: this.outputOf(parent).value,
    });
    if (this.choices === undefined || parents.length === 1) return parents.map(field);
    return parents.filter((parent) => this.isOpen(parent, index)).map(field);
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
      if (this.nodeAt(parent).children.every((child) => this.hasEnded(child))) this.outputs[parent]?.release?.();
    }
  }

  private choose(index: number, chosen: readonly number[]): void {
    const { node, children } = this.nodeAt(index);
    if (chosen.length === 0 || !chosen.every((child) => children.includes(child))) {
      throw new Error(`node ${node.name} must choose at least one of its children, and no other node`);
    }
    this.choices ??= new Map();
    this.choices.set(index, chosen);
  }

  /** One parent less to wait for: the last one makes a child ready, or skipped, and then its children have one less. */
  private parentEnded(children: readonly number[], ready: PlannedNode[], skipped?: PlannedNode[]): void {
    for (const child of children) {
      const left = (this.waitingFor[child] as number) - 1;
      this.waitingFor[child] = left;
      if (left > 0) continue;
      const planned = this.nodeAt(child);
      if (this.choices === undefined || planned.parents.some((parent) => this.isOpen(parent, child)))
        ready.push(planned);
      else if (skipped === undefined) this.skip(planned, ready);
      else skipped.push(planned);
    }
  }

  private skip(first: PlannedNode, ready: PlannedNode[]): void {
    this.skipped ??= new Set();
    // Grows while it is walked: a graph may be deeper than the stack.
    const skipped = [first];
    for (const planned of skipped) {
      this.skipped.add(planned.index);
      this.unfinished -= 1;
      this.releaseReadBy(planned);
      this.parentEnded(planned.children, ready, skipped);
    }
  }

  private isOpen(parent: number, child: number): boolean {
    return !this.isSkipped(parent) && this.choices?.get(parent)?.includes(child) !== false;
  }

  private hasEnded(index: number): boolean {
    return this.outputs[index] !== undefined || this.isSkipped(index);
  }

  private nodeAt(index: number): PlannedNode {
    return this.plan.nodes[index] as PlannedNode;
  }
}
