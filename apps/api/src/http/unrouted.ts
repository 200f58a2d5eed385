import { TorchweaveError } from '@torchweave/domain';

/** Paths that exist, so that another method on them is not allowed rather than not found. */
const knownPaths = [/^\/*$/, /^\/+workflows(\/+[^/]*){0,2}\/*$/, /^\/+operations\/+[^/]+\/*$/];

/** The answer to a request that no route takes, as TorchServe tells the two cases apart. */
export function unroutedError(url: string): TorchweaveError {
  const path = url.split('?')[0] ?? '';
  return knownPaths.some((known) => known.test(path))
    ? new TorchweaveError('methodNotAllowed', {})
    : new TorchweaveError('resourceNotFound', {});
}
