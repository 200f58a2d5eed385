import { TorchweaveError } from '@torchweave/domain';

/** Paths that exist and their methods, so that another method on them is not allowed rather than not found. */
const knownPaths: readonly (readonly [RegExp, string])[] = [
  [/^\/*$/, 'OPTIONS'],
  [/^\/+workflows\/*$/, 'GET, POST'],
  [/^\/+workflows(\/+[^/]*){1,2}\/*$/, 'GET, DELETE'],
  [/^\/+operations\/+[^/]+\/*$/, 'GET'],
  [/^\/+health\/+(live|ready)\/*$/, 'GET'],
  [/^\/+openapi\.json\/*$/, 'GET'],
];

/** The answer to a request that no route takes, as TorchServe tells the two cases apart. */
export function unroutedError(url: string): TorchweaveError {
  const path = url.split('?')[0] ?? '';
  const [, allow] = knownPaths.find(([known]) => known.test(path)) ?? [];
  return allow === undefined
    ? new TorchweaveError('resourceNotFound', {})
    : new TorchweaveError('methodNotAllowed', { allow });
}
