import { unroutedErrorOf } from '@torchweave/platform';

/** The answer to a request that no route of the management API takes. */
export const unroutedError = unroutedErrorOf([
  [/^\/*$/, 'OPTIONS'],
  [/^\/+workflows\/*$/, 'GET, POST'],
  [/^\/+workflows(\/+[^/]*){1,2}\/*$/, 'GET, DELETE'],
  [/^\/+operations\/+[^/]+\/*$/, 'GET'],
  [/^\/+health\/+(live|ready)\/*$/, 'GET'],
  [/^\/+openapi\.json\/*$/, 'GET'],
]);
