import { TorchweaveError } from '@torchweave/domain';

/** Paths that exist, each with its methods as the `allow` header has them. */
export type KnownPaths = readonly (readonly [path: RegExp, allow: string])[];

/**
 * Makes the answer to a request that no route takes. TorchServe tells the two cases apart: another method on a path that exists
 * is not allowed, any other path is not found.
 */
export const unroutedErrorOf =
  (knownPaths: KnownPaths) =>
  (url: string): TorchweaveError => {
    const path = url.split('?')[0] ?? '';
    const [, allow] = knownPaths.find(([known]) => known.test(path)) ?? [];
    return allow === undefined
      ? new TorchweaveError('resourceNotFound', {})
      : new TorchweaveError('methodNotAllowed', { allow });
  };
