import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { longestKey } from '../http/change-requests.js';
import { ErrorAnswer } from './error-answer.js';

/** Documents that a change may be sent again under a key. */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'A text of the client: the same request under it is the same operation for a day, and has its outcome; another one is refused.',
      schema: { type: 'string', minLength: 1, maxLength: longestKey, pattern: '^[!-~]+$' },
    }),
    ApiResponse({ status: 422, type: ErrorAnswer }),
  );
