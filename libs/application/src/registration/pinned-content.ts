import { TorchweaveError } from '@torchweave/domain';
import { createHash } from 'node:crypto';

/**
 * Passes the content of an archive on, and fails at its end when it is not the one that was asked for: whoever stores it keeps
 * nothing then.
 *
 * @throws TorchweaveError `digestMismatch`, and whatever `content` throws.
 */
export async function* pinnedContent(
  content: AsyncIterable<Uint8Array>,
  url: string,
  expected: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== expected.toLowerCase()) throw new TorchweaveError('digestMismatch', { url, expected, actual });
}
