import { TorchweaveError } from '@torchweave/domain';
import { knownPaths, type Route } from '../routes/route.js';

/**
 * Makes the answer to a request that no route takes. TorchServe tells the two cases apart: another method on a path that exists
 * is not allowed, any other path is not found.
 */
export function unroutedErrorOf(routes: readonly Route[]): (url: string) => TorchweaveError {
  const known = knownPaths(routes);
  return (url) => {
    const path = url.split('?')[0] ?? '';
    const [, allow] = known.find(([pattern]) => pattern.test(path)) ?? [];
    return allow === undefined
      ? new TorchweaveError('resourceNotFound', {})
      : new TorchweaveError('methodNotAllowed', { allow });
  };
}
