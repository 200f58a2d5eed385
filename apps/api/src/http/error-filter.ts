import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ErrorAnswers } from '@torchweave/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unroutedError } from './unrouted.js';

/** Hands what a Nest route ends with to the answers that all apps share. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly answers: ErrorAnswers) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const isUnrouted = thrown instanceof HttpException && thrown.getStatus() === 404;
    this.answers.answer(isUnrouted ? unroutedError(request.url) : thrown, request, http.getResponse<FastifyReply>());
  }
}
