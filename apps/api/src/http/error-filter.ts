import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { toTorchweaveError, TorchweaveError } from '@torchweave/domain';
import type { Logger } from '@torchweave/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unroutedError } from './unrouted.js';

/** Turns whatever a request ends with into TorchServe's error object. The one place where errors become HTTP. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly maxRequestSize: number,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    this.answer(thrown, request, http.getResponse<FastifyReply>());
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.translate(thrown, request);
    const event = { requestId: request.id, method: request.method, path: request.url.split('?')[0], err: error };
    if (error.status >= 500) this.logger.error(event, 'request failed');
    else this.logger.debug(event, 'request refused');
    if ('retryAfterSeconds' in error.data) void reply.header('retry-after', String(error.data.retryAfterSeconds));
    void reply.status(error.status).send(error.toBody());
  }

  private translate(thrown: unknown, request: FastifyRequest): TorchweaveError {
    if (thrown instanceof TorchweaveError) return thrown;
    if (thrown instanceof HttpException && thrown.getStatus() === 404) return unroutedError(request.url);
    return this.fromFastify(thrown) ?? toTorchweaveError(thrown);
  }

  /** Fastify's own refusals, by the code that it documents. */
  private fromFastify(thrown: unknown): TorchweaveError | undefined {
    if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
    switch (thrown.code) {
      case 'FST_ERR_CTP_BODY_TOO_LARGE':
        return new TorchweaveError('bodyTooLarge', { limitBytes: this.maxRequestSize });
      case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      case 'FST_ERR_CTP_INVALID_JSON_BODY':
      case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
        return new TorchweaveError('bodyMalformed', { reason: thrown.message });
      case 'FST_ERR_BAD_URL':
        return new TorchweaveError('resourceNotFound', {});
      default:
        return undefined;
    }
  }
}
