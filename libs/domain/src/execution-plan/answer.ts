import type { ExecutionPlan, PlanRun, PlannedNode } from './execution-plan.js';
import type { NodeOutput } from './node-io.js';

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

function asJsonValue(output: NodeOutput): unknown {
  const text = decoder.decode(output.value);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The answer of a completed run: the bytes of a single leaf; for several leaves a JSON object of leaf name to output,
 * where an output that is JSON goes in as JSON and any other as a string.
 */
export function answerOf(plan: ExecutionPlan, run: PlanRun): NodeOutput {
  const [only] = plan.leaves;
  if (plan.leaves.length === 1) return run.outputOf(only as number);
  const entries = plan.leaves.map((leaf) => {
    return [(plan.nodes[leaf] as PlannedNode).node.name, asJsonValue(run.outputOf(leaf))] as const;
  });
  return {
    value: encoder.encode(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`),
    contentType: 'application/json',
  };
}
