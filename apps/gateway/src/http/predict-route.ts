import { Cancellation, releaseOf } from '@torchweave/application';
import type { RoutingTable, RunnableWorkflow, RunWorkflow, WorkflowRequest } from '@torchweave/application';
import { TorchweaveError, type NodeOutput } from '@torchweave/domain';
import { commonHeaders } from '@torchweave/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validateHeaderName, validateHeaderValue, type OutgoingHttpHeaders } from 'node:http';
import { clientHeaders } from './client-headers.js';
import { readInput } from './read-input.js';

/** Headers that the server itself must set. */
const ownHeaders = new Set(['content-length', 'connection', 'transfer-encoding', 'keep-alive', 'x-request-id']);

/** bytes of a body that is sent in one piece with the headers. */
const onePieceBytes = 16_384;

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
    const releaseInput = Buffer.isBuffer(request.body) ? releaseOf(request.body) : undefined;
    const prediction = { requestId: request.id, headers, input, releaseInput, cancellation };
    return send(request, reply, await this.run(workflow, prediction));
  }

  private async run(workflow: RunnableWorkflow, prediction: WorkflowRequest): Promise<NodeOutput> {
    try {
      return await this.runner.execute(workflow, prediction);
    } catch (error) {
      throw await this.table.failureOf(workflow, error);
    }
  }
}

/** Aborted when the client hangs up before it is answered. */
function cancelledWithClient({ raw }: FastifyReply): Cancellation {
  const cancellation = new Cancellation();
  raw.once('close', () => {
    if (!raw.writableFinished) cancellation.abort(new TorchweaveError('clientGone', {}));
  });
  return cancellation;
}

/**
 * Answers past Fastify's reply: a small body goes out in one piece with its headers, which Node does for text alone, and
 * Latin-1 is text that is its bytes.
 */
function send(request: FastifyRequest, reply: FastifyReply, output: NodeOutput): FastifyReply {
  const { contentType, value } = output;
  const headers: OutgoingHttpHeaders = { ...commonHeaders, 'x-request-id': request.id };
  for (const name in output.headers) {
    const given = output.headers[name] as string;
    if (!ownHeaders.has(name) && isSendable(name, given)) headers[name] = given;
  }
  const isPlain = contentType === undefined || contentType === 'application/json';
  headers['content-type'] = !isPlain && isSendable('content-type', contentType) ? contentType : 'application/json';
  headers['content-length'] = value.byteLength;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  reply.hijack();
  reply.raw.writeHead(200, headers);
  if (bytes.length <= onePieceBytes) reply.raw.end(bytes.toString('latin1'), 'latin1');
  else reply.raw.end(bytes, output.release);
  return reply;
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
