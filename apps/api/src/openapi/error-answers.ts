import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorAnswer } from './error-answer.js';

/** Documents the statuses with which a route answers an {@link ErrorAnswer}. */
export function ErrorAnswers(...statuses: number[]): MethodDecorator {
  return applyDecorators(...statuses.map((status) => ApiResponse({ status, type: ErrorAnswer })));
}
