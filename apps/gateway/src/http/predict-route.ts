import type { RoutingTable, RunnableWorkflow, RunWorkflow, WorkflowRequest } from '@torchweave/application';
import { TorchweaveError, type NodeOutput } from '@torchweave/domain';
import { Cancellation, releaseOf } from '@torchweave/kernel';
import { decodeBody, isEncoded } from '@torchweave/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerHeaders } from './answer-headers.js';
import { clientHeaders, credentialHeaders, encodingHeaders } from './client-headers.js';
import { readInput } from './read-input.js';

/** bytes of a body that is sent in one piece with the headers. */
const onePieceBytes = 16_384;

const empty = Buffer.alloc(0);

export interface PredictRouteOptions {
  readonly table: RoutingTable;
  readonly runner: RunWorkflow;
  /** bytes of a body, before and after it is decoded. */
  readonly maxRequestSize: number;
  /** Whether functions and models see by what headers the client shows who it is. */
  readonly forwardsCredentials: boolean;
}

/** `POST /wfpredict/{name}`: the hot path. */
export class PredictRoute {
  private readonly table: RoutingTable;
  private readonly runner: RunWorkflow;
  private readonly maxRequestSize: number;
  private readonly withheld: ReadonlySet<string>;
  private readonly withheldOfDecoded: ReadonlySet<string>;

  constructor({ table, runner, maxRequestSize, forwardsCredentials }: PredictRouteOptions) {
    this.table = table;
    this.runner = runner;
    this.maxRequestSize = maxRequestSize;
    this.withheld = forwardsCredentials ? new Set() : credentialHeaders;
    this.withheldOfDecoded = new Set([...this.withheld, ...encodingHeaders]);
  }

  /** @throws TorchweaveError `workflowNotFound`, why the request cannot be read, or why the workflow failed. */
  async handle(request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply): Promise<FastifyReply> {
    const { name } = request.params;
    const workflow = this.table.get(name) ?? (await this.table.lookUp(name));
    if (workflow === undefined) throw new TorchweaveError('workflowNotFound', { workflow: name });
    const cancellation = cancelledWithClient(reply);
    const encoding = request.headers['content-encoding'];
    let content = Buffer.isBuffer(request.body) ? request.body : empty;
    let { withheld } = this;
    if (isEncoded(encoding)) {
      content = await decodeBody(content, encoding, this.maxRequestSize);
      withheld = this.withheldOfDecoded;
    }
    const input = readInput(request, content);
    const headers = clientHeaders(request.raw.rawHeaders, withheld);
    const { id: requestId, span } = request;
    const prediction = { requestId, headers, input, releaseInput: releaseOf(content), cancellation, span };
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
  const { value } = output;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // Before the reply is taken: what cannot be sent is answered as any other error.
  reply.raw.writeHead(200, answerHeaders(request.id, output));
  reply.hijack();
  if (bytes.length <= onePieceBytes) reply.raw.end(bytes.toString('latin1'), 'latin1');
  else reply.raw.end(bytes, output.release);
  return reply;
}
