import { TorchweaveError } from '@torchweave/domain';

const digestPattern = /^[0-9a-f]{64}$/;

export const isDigest = (name: string): boolean => digestPattern.test(name);

/** @throws TorchweaveError `internal` for what is no digest: it becomes a part of a path. */
export function checkedDigest(digest: string): string {
  if (!isDigest(digest)) throw new TorchweaveError('internal', { reason: `"${digest}" is not a sha-256` });
  return digest;
}
