import type { ExecutionPlan, PlanRun, PlannedNode } from './execution-plan.js';
import { finiteJson } from './finite-json.js';
import type { NodeOutput } from './node-io.js';

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

/**
 * JSON as it was written, so that numbers keep their digits, but for the numbers that JSON does not have; any other text as a
 * JSON string.
 */
function asJson(output: NodeOutput): string {
  const text = decoder.decode(output.value);
  try {
    JSON.parse(text);
    return text.trim();
  } catch {
    return finiteJson(text)?.trim() ?? JSON.stringify(text);
  }
}

/**
 * The answer of a completed run: the bytes of a single leaf; for several leaves a JSON object of leaf name to output of
 * those that were not skipped, where an output that is JSON goes in as JSON and any other as a string.
 */
export function answerOf(plan: ExecutionPlan, run: PlanRun): NodeOutput {
  const [only] = plan.leaves;
  if (plan.leaves.length === 1) return run.outputOf(only as number);
  const ran = plan.leaves.filter((leaf) => !run.isSkipped(leaf));
  const members = ran.map((leaf) => {
    const { name } = (plan.nodes[leaf] as PlannedNode).node;
    const output = run.outputOf(leaf);
    const member = `  ${JSON.stringify(name)}: ${asJson(output)}`;
    output.release?.();
    return member;
  });
  return { value: encoder.encode(`{\n${members.join(',\n')}\n}\n`), contentType: 'application/json' };
}
