import { TorchweaveError } from '@torchweave/domain';

/** Every method that the routes which take any take. */
export const anyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;

/** Paths that exist and their methods, so that another method on them is not allowed rather than not found. */
const knownPaths: readonly (readonly [RegExp, string])[] = [
  [/^\/*$/, 'OPTIONS'],
  [/^\/+ping\/*$/, anyMethod.join(', ')],
  [/^\/+wfpredict\/+[^/]+/, anyMethod.join(', ')],
  [/^\/+health\/+(live|ready)\/*$/, 'GET'],
];

/** What TorchServe's inference API answers where no handler takes a request. */
export function unroutedError(url: string): TorchweaveError {
  const path = url.split('?')[0] ?? '';
  const [, allow] = knownPaths.find(([known]) => known.test(path)) ?? [];
  return allow === undefined
    ? new TorchweaveError('resourceNotFound', {})
    : new TorchweaveError('methodNotAllowed', { allow });
}
