import { TorchweaveError } from '@torchweave/domain';
import { createHash } from 'node:crypto';

/**
 * Passes the content of an archive on, and fails at its end when it is not the one that was asked for: whoever stores it keeps
 * nothing then.
 *
 * @param mismatch the error of an archive whose sha-256 is `actual`.
 * @throws that error, and whatever `content` throws.
 */
export async function* contentOfDigest(
  content: AsyncIterable<Uint8Array>,
  expected: string,
  mismatch: (actual: string) => TorchweaveError,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== expected.toLowerCase()) throw mismatch(actual);
}

/**
 * {@link contentOfDigest} for an archive that lies behind a URL.
 *
 * @throws TorchweaveError `digestMismatch`, and whatever `content` throws.
 */
export const pinnedContent = (
  content: AsyncIterable<Uint8Array>,
  url: string,
  expected: string,
): AsyncGenerator<Uint8Array> =>
  contentOfDigest(content, expected, (actual) => new TorchweaveError('digestMismatch', { url, expected, actual }));
