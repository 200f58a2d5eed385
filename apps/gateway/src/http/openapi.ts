import { anyMethod } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';

const errorAnswer = (description: string): object => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorAnswer' } } },
});

const nameParameter = { name: 'name', in: 'path', required: true, schema: { type: 'string' }, example: 'digits' };
const ofEveryRoute = {
  401: errorAnswer('The key is missing, wrong or expired.'),
  403: errorAnswer("The key's right is too small; or, without keys, the request is a web page's of another site."),
  414: errorAnswer('The path and query are too long.'),
  431: errorAnswer('The headers are too large, or too many.'),
};
const predictionAnswers = {
  200: { description: 'The output of the leaf, or a JSON object of leaf name to output.' },
  ...ofEveryRoute,
  400: errorAnswer('The body is none of its content type.'),
  404: errorAnswer('No such workflow.'),
  408: errorAnswer('The request was not sent in time.'),
  413: errorAnswer('The body is too large, or inflates to too much.'),
  415: errorAnswer('The content encoding is neither gzip nor none.'),
  500: errorAnswer('A node failed.'),
  503: errorAnswer('Try again later.'),
  default: errorAnswer('The status that a node has raised an exception with.'),
};
const health = { 200: { description: '{"status": "Healthy"}' }, ...ofEveryRoute };
const bodiless: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

/** The same operation for every method, as TorchServe takes them. */
const forAnyMethod = (operationId: string, operation: (method: string) => object): object =>
  Object.fromEntries(
    anyMethod.map((method) => [
      method.toLowerCase(),
      { operationId: `${operationId}By${method.charAt(0)}${method.slice(1).toLowerCase()}`, ...operation(method) },
    ]),
  );

const inferenceOpenApi = {
  openapi: '3.1.0',
  info: { title: 'Torchweave inference API', description: 'Runs registered workflows.', version },
  paths: {
    '/ping': forAnyMethod('ping', () => ({ summary: 'Whether the gateway answers.', responses: health })),
    '/health/live': {
      get: { operationId: 'isLive', summary: 'Whether the process answers.', responses: health },
    },
    '/health/ready': {
      get: {
        operationId: 'isReady',
        summary: 'Whether the process serves.',
        responses: { ...health, 503: errorAnswer('It is starting or stopping.') },
      },
    },
    '/wfpredict/{name}': forAnyMethod('predict', (method) => ({
      summary: 'Run a workflow on the request.',
      parameters: [nameParameter],
      ...(bodiless.includes(method)
        ? {}
        : { requestBody: { description: 'What the first node receives.', content: { '*/*': { schema: {} } } } }),
      responses: predictionAnswers,
    })),
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

const keyScheme = {
  type: 'http',
  scheme: 'bearer',
  description:
    'The inference key, or one with the right to predict: 401 without a good one, 403 where its right is too small.',
};

/**
 * The OpenAPI 3.1 document of the inference API.
 *
 * @param hasKeys whether clients are asked for keys.
 */
export function createInferenceOpenApi(hasKeys: boolean): object {
  if (!hasKeys) return inferenceOpenApi;
  const { paths, components } = inferenceOpenApi;
  const open = Object.fromEntries(
    (['/health/live', '/health/ready'] as const).map((path) => [path, { get: { ...paths[path].get, security: [] } }]),
  );
  return {
    ...inferenceOpenApi,
    paths: { ...paths, ...open },
    components: { ...components, securitySchemes: { key: keyScheme } },
    security: [{ key: [] }],
  };
}
