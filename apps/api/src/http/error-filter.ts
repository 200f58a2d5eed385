import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { TorchweaveError } from '@torchweave/domain';
import type { ErrorAnswers } from '@torchweave/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unroutedError } from './unrouted.js';

/** Hands what a Nest route ends with to the answers that all apps share. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly answers: ErrorAnswers,
    private readonly maxRequestSize: number,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const error = thrown instanceof HttpException ? this.fromNest(thrown, request) : thrown;
    this.answers.answer(error, request, http.getResponse<FastifyReply>());
  }

  /** Nest turns the framework's refusals into exceptions of its own, which keep the status alone. */
  private fromNest(exception: HttpException, request: FastifyRequest): unknown {
    switch (exception.getStatus()) {
      case 400:
        // A method that no route takes may be refused for its body before that is found out.
        if (request.is404) return unroutedError(request.url);
        return new TorchweaveError('bodyMalformed', { reason: 'it is not what its headers say' }, { cause: exception });
      case 404:
        return unroutedError(request.url);
      case 413:
        return new TorchweaveError('bodyTooLarge', { limitBytes: this.maxRequestSize }, { cause: exception });
      default:
        return exception;
    }
  }
}
