import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorAnswer } from './error-answer.js';

/** What every route may answer before it is reached. */
export const ofEveryRoute: readonly number[] = [400, 401, 403, 408, 414, 431];

/** Documents the statuses with which a route answers an {@link ErrorAnswer}. */
export function ErrorAnswers(...statuses: number[]): MethodDecorator {
  return applyDecorators(...[...ofEveryRoute, ...statuses].map((status) => ApiResponse({ status, type: ErrorAnswer })));
}
