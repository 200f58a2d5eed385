import { unroutedErrorOf } from '@torchweave/platform';

/** Every method that the routes which take any take. */
export const anyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;

/** The answer to a request that no route of the inference API takes. */
export const unroutedError = unroutedErrorOf([
  [/^\/*$/, 'OPTIONS'],
  [/^\/+ping\/*$/, anyMethod.join(', ')],
  [/^\/+wfpredict\/+[^/]+/, anyMethod.join(', ')],
  [/^\/+health\/+(live|ready)\/*$/, 'GET'],
]);
