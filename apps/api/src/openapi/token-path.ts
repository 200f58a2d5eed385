import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { renewableKeys } from '@torchweave/platform';
import { ErrorAnswer } from './error-answer.js';

type Path = OpenAPIObject['paths'][string];

const errorAnswer = {
  description: '',
  content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorAnswer) } } },
};

/** `GET /token`, which no class describes: it is there where keys are. */
export const tokenPath = (statuses: readonly number[]): Path => ({
  get: {
    operationId: 'renewKey',
    summary: 'Renew the management or the inference key, with the API key; the old one opens nothing from then on.',
    tags: ['keys'],
    parameters: [{ name: 'type', in: 'query', required: true, schema: { type: 'string', enum: [...renewableKeys] } }],
    responses: {
      200: {
        description: 'The new key, in the spelling of the key file.',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['key', 'expiration time'],
              properties: { key: { type: 'string' }, 'expiration time': { type: 'string', format: 'date-time' } },
            },
          },
        },
      },
      ...Object.fromEntries([...statuses, 503].map((status) => [status, errorAnswer])),
    },
  },
});
