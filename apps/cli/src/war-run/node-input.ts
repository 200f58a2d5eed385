import type { InputField, NodeInput, WorkflowNode } from '@torchweave/domain';
import { readBody } from '@torchweave/gateway';
import { usageError } from '../output/cli-error.js';

/** What is in a file that is given to a run. */
export interface RunInput {
  readonly body: Buffer;
  readonly contentType: string;
}

function readObject(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** As the output of a node is handed on: a text is its bytes, anything else its JSON. */
const bytesOf = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** What a node receives that has several parents: a field of each. */
function readFields({ name, parents }: WorkflowNode, body: Buffer): InputField[] {
  const object = readObject(body);
  if (object === undefined || parents.some((parent) => !Object.hasOwn(object, parent))) {
    throw usageError(
      `The node ${name} receives a field of each of its parents: give it a file with a JSON object of ${parents.join(' and ')}.`,
    );
  }
  return parents.map((parent) => ({ name: parent, value: bytesOf(object[parent]) }));
}

/**
 * What a run begins with.
 *
 * @param node the only node that is run; undefined for the whole graph, whose first node receives what a request's does.
 * @throws CliError for a file that is no input of the node; TorchweaveError `bodyMalformed`.
 */
export function readRunInput({ body, contentType }: RunInput, node: WorkflowNode | undefined): NodeInput {
  if (node === undefined || node.parents.length === 0) return readBody(contentType, body);
  // The output of another node has no content type.
  return node.parents.length === 1 ? [{ name: 'body', value: body }] : readFields(node, body);
}
