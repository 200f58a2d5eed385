import type {
  RoutingTable,
  RunWorkflow,
  ServedWorkflow,
  ShadowedRequest,
  ShadowRuns,
  WorkflowRequest,
} from '@torchweave/application';
import { pointOf, TorchweaveError, versionAt, type NodeOutput, type Traffic } from '@torchweave/domain';
import { Cancellation, releaseOf } from '@torchweave/kernel';
import { decodeBody, isEncoded } from '@torchweave/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerHeaders } from './answer-headers.js';
import { clientHeaders, credentialHeaders, encodingHeaders } from './client-headers.js';
import { outcomeOf } from '../end-with-response.js';
import type { WatchedVersions } from '../watched-versions.js';
import { readInput } from './read-input.js';

/** bytes of a body that is sent in one piece with the headers. */
const onePieceBytes = 16_384;

const empty = Buffer.alloc(0);

type PredictionRequest = FastifyRequest<{ Params: { name: string; '*'?: string } }>;

export interface PredictRouteOptions {
  readonly table: RoutingTable;
  readonly runner: RunWorkflow;
  /** bytes of a body, before and after it is decoded. */
  readonly maxRequestSize: number;
  /** Whether functions and models see by what headers the client shows who it is. */
  readonly forwardsCredentials: boolean;
  readonly watched?: Pick<WatchedVersions, 'observe'> | undefined;
  /** Who copies requests to other versions; without it, nobody does. */
  readonly shadows?: Pick<ShadowRuns, 'take'> | undefined;
}

/** `POST /wfpredict/{name}`: the hot path. */
export class PredictRoute {
  private readonly table: RoutingTable;
  private readonly runner: RunWorkflow;
  private readonly maxRequestSize: number;
  private readonly watched: PredictRouteOptions['watched'];
  private readonly shadows: PredictRouteOptions['shadows'];
  private readonly withheld: ReadonlySet<string>;
  private readonly withheldOfDecoded: ReadonlySet<string>;

  constructor({ table, runner, maxRequestSize, forwardsCredentials, watched, shadows }: PredictRouteOptions) {
    this.watched = watched;
    this.shadows = shadows;
    this.table = table;
    this.runner = runner;
    this.maxRequestSize = maxRequestSize;
    this.withheld = forwardsCredentials ? new Set() : credentialHeaders;
    this.withheldOfDecoded = new Set([...this.withheld, ...encodingHeaders]);
  }

  /** @throws TorchweaveError `workflowNotFound`, why the request cannot be read, or why the workflow failed. */
  async handle(request: PredictionRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { name, '*': rest } = request.params;
    const version = rest === undefined ? undefined : versionIn(rest);
    const named = version === undefined ? await this.active(name) : await this.version(name, version);
    const traffic = version === undefined ? named.pointers?.traffic : undefined;
    const workflow = traffic === undefined ? named : this.chosen(named, traffic, request);
    request.span?.served(workflow.version);
    if (workflow.pointers?.watched !== undefined) this.observe(workflow, reply);
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
    const shadowed =
      traffic?.shadow === undefined ? undefined : this.shadows?.take(name, traffic, prediction, content.byteLength);
    if (shadowed !== undefined) return this.shadow(shadowed, workflow, request, reply);
    return send(request, reply, await this.run(workflow, prediction, reply), workflow.version);
  }

  /** As without copies: those begin when it is answered. */
  private async shadow(
    shadowed: ShadowedRequest,
    workflow: ServedWorkflow,
    request: PredictionRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    try {
      const output = await this.run(workflow, shadowed.request, reply);
      send(request, reply, output, workflow.version);
      shadowed.answered(workflow.version, output.value);
    } catch (error) {
      shadowed.failed(workflow.version, error);
      throw error;
    }
    return reply;
  }

  private observe(workflow: ServedWorkflow, { raw }: FastifyReply): void {
    raw.once('close', () => this.watched?.observe(workflow, outcomeOf(raw)));
  }

  private async run(workflow: ServedWorkflow, prediction: WorkflowRequest, reply: FastifyReply): Promise<NodeOutput> {
    try {
      return await this.runner.execute(workflow, prediction);
    } catch (error) {
      void reply.header(versionHeader, workflow.version);
      throw await this.table.failureOf(workflow, error);
    }
  }

  private async active(name: string): Promise<ServedWorkflow> {
    const active = this.table.get(name) ?? (await this.table.lookUp(name));
    if (active === undefined) throw new TorchweaveError('workflowNotFound', { workflow: name });
    return active;
  }

  /** The version that the traffic says; the active one where it says none. */
  private chosen(active: ServedWorkflow, traffic: Traffic, request: FastifyRequest): ServedWorkflow {
    const version = versionAt(traffic.weights, pointOfRequest(traffic, request));
    // A moment after one has gone the active one answers for it.
    return this.table.getVersion({ workflow: active.name, version }) ?? active;
  }

  private async version(workflow: string, version: number): Promise<ServedWorkflow> {
    const served =
      this.table.getVersion({ workflow, version }) ?? (await this.table.lookUpVersion({ workflow, version }));
    if (served !== undefined) return served;
    if ((this.table.get(workflow) ?? (await this.table.lookUp(workflow))) === undefined)
      throw new TorchweaveError('workflowNotFound', { workflow });
    throw new TorchweaveError('versionNotFound', { workflow, version });
  }
}

/** Names the version of a workflow that has answered. */
const versionHeader = 'torchweave-version';

/** The version that answers, as log lines tell it; nothing before one is known. */
export function answeringVersion(reply: FastifyReply): { readonly version?: number } {
  const version = reply.getHeader(versionHeader);
  return typeof version === 'number' ? { version } : {};
}

/** TorchServe ignores what stands behind a workflow's name; a number there is a version. */
function versionIn(rest: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(rest) ? Number(rest) : undefined;
}

function pointOfRequest({ stickyBy }: Traffic, { headers }: FastifyRequest): number {
  const value = stickyBy === undefined ? undefined : headers[stickyBy];
  return value === undefined ? Math.random() : pointOf(String(value));
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
function send(request: FastifyRequest, reply: FastifyReply, output: NodeOutput, version: number): FastifyReply {
  const { value } = output;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // Before the reply is taken: what cannot be sent is answered as any other error.
  const headers = answerHeaders(request.id, output);
  headers[versionHeader] = version;
  reply.raw.writeHead(200, headers);
  reply.hijack();
  if (bytes.length <= onePieceBytes) reply.raw.end(bytes.toString('latin1'), 'latin1');
  else reply.raw.end(bytes, output.release);
  return reply;
}
