import { TorchweaveError } from '@torchweave/domain';

/** What TorchServe's inference API answers where no handler takes a request. */
export function unroutedError(url: string): TorchweaveError {
  const path = url.split('?')[0] ?? '';
  return /^\/*$/.test(path) ? new TorchweaveError('methodNotAllowed', {}) : new TorchweaveError('resourceNotFound', {});
}
