import { Cancellation, releaseOf, type RoutingTable, type RunWorkflow } from '@torchweave/application';
import { TorchweaveError, type NodeOutput } from '@torchweave/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerHeaders } from './answer-headers.js';
import { clientHeaders } from './client-headers.js';
import { readInput } from './read-input.js';

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
    return send(request, reply, await this.runner.execute(workflow, prediction));
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
  const { value } = output;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // Before the reply is taken: what cannot be sent is answered as any other error.
  reply.raw.writeHead(200, answerHeaders(request.id, output));
  reply.hijack();
  if (bytes.length <= onePieceBytes) reply.raw.end(bytes.toString('latin1'), 'latin1');
  else reply.raw.end(bytes, output.release);
  return reply;
}
