import { TorchweaveError, toTorchweaveError, type ErrorCode } from '@torchweave/domain';
import type { Logger } from '@torchweave/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { commonHeaders, prettyJson } from './torchserve-conventions.js';
import { traceFields } from './trace-ids.js';

/** ms that a body that is too large may take to arrive. */
const longestWaitForBodyMs = 5_000;

/** Nothing further is taken from a browser that was led here. */
const foreign: ReadonlySet<ErrorCode> = new Set(['hostNotAllowed', 'originNotAllowed']);
/** Answered when the client has sent its body. */
const waits: ReadonlySet<ErrorCode> = new Set(['bodyTooLarge', 'uploadTooLarge', ...foreign]);

export interface ErrorAnswersOptions {
  readonly logger: Logger;
  /** bytes. */
  readonly maxRequestSize: number;
  /** What a log line tells besides, by the answer as it is until then. */
  readonly factsOf?: (reply: FastifyReply) => object;
}

/** Turns whatever a request ends with into TorchServe's error object: the one place where errors become HTTP. */
export class ErrorAnswers {
  constructor(private readonly options: ErrorAnswersOptions) {}

  /** @returns the error that the client is told. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): TorchweaveError {
    const error = this.translate(thrown, request);
    const facts = this.options.factsOf?.(reply);
    const { id: requestId, method, raw } = request;
    const event = { requestId, ...traceFields(raw), method, path: pathOf(request), ...facts };
    this.log(error, event);
    if ('retryAfterSeconds' in error.data) void reply.header('retry-after', String(error.data.retryAfterSeconds));
    if ('allow' in error.data) void reply.header('allow', String(error.data.allow));
    if (error.code === 'unauthorized' && !reply.hasHeader('www-authenticate')) {
      void reply.header('www-authenticate', 'Bearer');
    }
    // Set here too: answers of the framework itself pass no hook.
    void reply.headers({ ...commonHeaders, 'x-request-id': request.id, 'content-type': 'application/json' });
    if (foreign.has(error.code)) void reply.header('connection', 'close');
    const send = (): void => {
      // The rest of a body that goes on would be read for as long as a request may take.
      if (waits.has(error.code) && !request.raw.complete) void reply.header('connection', 'close');
      void reply.status(error.status).send(Buffer.from(prettyJson(error.toBody())));
    };
    if (waits.has(error.code)) afterItsBody(request.raw, send);
    else send();
    return error;
  }

  /** A stack is told only where it helps: for what nobody expected. */
  private log(error: TorchweaveError, event: object): void {
    const { logger } = this.options;
    if (error.code === 'internal') logger.error({ ...event, err: error }, 'request failed');
    else if (error.status >= 500) logger.warn({ ...event, code: error.code, ...error.data }, error.message);
    else logger.debug({ ...event, code: error.code }, error.message);
  }

  /** Fastify's own refusals are told by the code that it documents. */
  private translate(thrown: unknown, request: FastifyRequest): TorchweaveError {
    const { raw } = request;
    // What fails when a body ends before it is whole is the client's connection.
    if (raw.destroyed && !raw.complete) return new TorchweaveError('clientGone', {}, { cause: thrown });
    if (!(thrown instanceof Error) || !('code' in thrown)) return toTorchweaveError(thrown);
    switch (thrown.code) {
      case 'FST_ERR_CTP_BODY_TOO_LARGE':
        return new TorchweaveError('bodyTooLarge', {
          limitBytes: request.routeOptions.bodyLimit ?? this.options.maxRequestSize,
        });
      case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
        return new TorchweaveError('bodyMalformed', { reason: 'it is not as long as its content-length says' });
      case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
        return new TorchweaveError('bodyMalformed', { reason: 'its content type is none' });
      case 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE':
        return new TorchweaveError('bodyMalformed', { reason: 'it has no content type' });
      case 'FST_ERR_BAD_URL':
        return new TorchweaveError('resourceNotFound', {});
      default:
        return toTorchweaveError(thrown);
    }
  }
}

/**
 * Answers once the client has sent what it wanted to: one that is hung up on while it sends never sees its answer. What it sends is
 * thrown away; after a while it is answered all the same.
 */
function afterItsBody(request: IncomingMessage, answer: () => void): void {
  // Whoever read it may have found at its end that it is too large.
  if (request.readableEnded) return answer();
  const timer = setTimeout(finish, longestWaitForBodyMs);
  function finish(): void {
    clearTimeout(timer);
    request.off('end', finish).off('close', finish);
    answer();
  }
  request.once('end', finish).once('close', finish).resume();
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';
