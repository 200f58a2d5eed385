const errorAnswer = (description: string): object => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorAnswer' } } },
});

/** The OpenAPI 3.1 document of the inference API. */
export const inferenceOpenApi = {
  openapi: '3.1.0',
  info: { title: 'Torchweave inference API', description: 'Runs registered workflows.', version: '1.0.0' },
  paths: {
    '/ping': {
      get: {
        operationId: 'ping',
        summary: 'Whether the gateway answers.',
        responses: { 200: { description: '{"status": "Healthy"}' } },
      },
    },
    '/wfpredict/{name}': {
      post: {
        operationId: 'predict',
        summary: 'Run a workflow on the request.',
        parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' }, example: 'digits' }],
        requestBody: { description: 'What the first node receives.', content: { '*/*': { schema: {} } } },
        responses: {
          200: { description: 'The output of the leaf, or a JSON object of leaf name to output.' },
          400: errorAnswer('The body is none of its content type.'),
          401: errorAnswer('The key is missing, wrong or expired.'),
          404: errorAnswer('No such workflow.'),
          413: errorAnswer('The body is too large.'),
          500: errorAnswer('A node failed.'),
          503: errorAnswer('Try again later.'),
          default: errorAnswer('The status that a node has raised an exception with.'),
        },
      },
    },
  },
  components: {
    schemas: {
      ErrorAnswer: {
        type: 'object',
        required: ['code', 'type', 'message'],
        properties: {
          code: { type: 'integer' },
          type: { type: 'string' },
          message: { type: 'string' },
          node: { type: 'string', description: 'The node that failed.' },
          reason: { type: 'string', description: 'Why it failed.' },
        },
      },
    },
  },
} as const;
