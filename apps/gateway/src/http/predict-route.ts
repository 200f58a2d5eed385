import type { RoutingTable, RunWorkflow } from '@torchweave/application';
import { TorchweaveError, type NodeOutput } from '@torchweave/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { clientHeaders } from './client-headers.js';
import { readInput } from './read-input.js';

/** Headers that the server itself must set. */
const ownHeaders = new Set(['content-length', 'connection', 'transfer-encoding', 'keep-alive', 'x-request-id']);

/** `POST /wfpredict/{name}`: the hot path. */
export class PredictRoute {
  constructor(
    private readonly table: RoutingTable,
    private readonly runner: RunWorkflow,
  ) {}

  /** @throws TorchweaveError `workflowNotFound`, or why the workflow failed. */
  async handle(request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply): Promise<FastifyReply> {
    const { name } = request.params;
    const workflow = this.table.get(name) ?? (await this.table.lookUp(name));
    if (workflow === undefined) throw new TorchweaveError('workflowNotFound', { workflow: name });
    const input = readInput(request);
    const headers = clientHeaders(request.raw.rawHeaders);
    const cancellation = cancelledWithClient(reply);
    return send(reply, await this.runner.execute(workflow, { requestId: request.id, headers, input, cancellation }));
  }
}

/** Aborted when the client hangs up before it is answered. */
function cancelledWithClient({ raw }: FastifyReply): AbortController {
  const cancellation = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) cancellation.abort(new Error('the client is gone'));
  });
  return cancellation;
}

function send(reply: FastifyReply, output: NodeOutput): FastifyReply {
  for (const [name, value] of Object.entries(output.headers ?? {})) {
    if (!ownHeaders.has(name) && isSendable(name, value)) void reply.header(name, value);
  }
  const { contentType } = output;
  const isValid = contentType !== undefined && isSendable('content-type', contentType);
  const bytes = Buffer.from(output.value.buffer, output.value.byteOffset, output.value.byteLength);
  return reply.header('content-type', isValid ? contentType : 'application/json').send(bytes);
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
